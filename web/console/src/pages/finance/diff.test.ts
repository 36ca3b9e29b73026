import { describe, expect, it } from 'vitest'

import { saidDiff } from './diff'

describe('what a change changed', () => {
  it('is told with what stood before', () => {
    expect(saidDiff({ state: 'proposed' }, { state: 'applied', amount: 50 })).toBe(
      'state proposed → applied, amount 50',
    )
    expect(saidDiff(null, { kind: 'adjustment', limited: null })).toBe('kind adjustment')
    expect(saidDiff(null, { units: 820, units_after: 870 })).toBe('units 820 → 870')
    expect(saidDiff(null, null)).toBe('')
  })
})
