import { describe, expect, it } from 'vitest'

import { apart } from './apart'

describe('labels at the end of lines', () => {
  it('stay where they are, or move until none covers another', () => {
    expect(
      apart([
        { top: 0, tall: 10 },
        { top: 30, tall: 10 },
      ]).map(({ top }) => top),
    ).toEqual([0, 30])
    const moved = apart([
      { top: 10, tall: 14 },
      { top: 12, tall: 28 },
      { top: 14, tall: 14 },
    ])
    for (let at = 1; at < moved.length; at++)
      expect((moved[at]?.top ?? 0) + 0.01).toBeGreaterThanOrEqual(
        (moved[at - 1]?.top ?? 0) + (moved[at - 1]?.tall ?? 0),
      )
  })
})
