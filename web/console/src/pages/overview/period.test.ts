import { describe, expect, it } from 'vitest'

import { dayBefore, daysOf, periodOf, preset } from './period'

describe('periods', () => {
  it('end yesterday and are whole', () => {
    expect(dayBefore('2026-03-01')).toBe('2026-02-28')
    expect(preset('d30', '2026-11-21')).toEqual({ from: '2026-10-23', to: '2026-11-21' })
    expect(daysOf(preset('d7', '2026-01-03'))).toBe(7)
    expect(preset('quarter', '2026-11-21').from).toBe('2026-10-01')
    expect(preset('quarter', '2026-03-31').from).toBe('2026-01-01')
    expect(preset('year', '2026-11-21').from).toBe('2026-01-01')
  })

  it('are what the address says, unless it cannot be', () => {
    const asked = { from: '2026-07-01', to: '2026-07-31', against: 'last_year' }
    expect(periodOf(asked, '2026-11-21')).toEqual(asked)
    const usual = { ...preset('d30', '2026-11-21'), against: 'previous' }
    expect(periodOf({ from: '2026-07-31', to: '2026-07-01' }, '2026-11-21')).toEqual(usual)
    expect(periodOf({ from: '2026-11-01', to: '2026-11-22' }, '2026-11-21')).toEqual(usual)
  })
})
