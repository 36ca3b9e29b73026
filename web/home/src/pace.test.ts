import { describe, expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { paceOf, recentEnergy } from './pace'

describe('the pace', () => {
  it('is told in days, then weeks, then months, and never too early', () => {
    expect(paceOf(130, 300)).toEqual({ key: 'paceDays', n: 13 })
    expect(paceOf(131, 300)).toEqual({ key: 'paceWeeks', n: 2 })
    expect(paceOf(890, 300)).toEqual({ key: 'paceWeeks', n: 13 })
    expect(paceOf(900, 300)).toEqual({ key: 'paceMonths', n: 3 })
  })
  it('says nothing when nothing comes in, nothing is missing, or it is far away', () => {
    expect(paceOf(100, 0)).toBeNull()
    expect(paceOf(100, -20)).toBeNull()
    expect(paceOf(0, 300)).toBeNull()
    expect(paceOf(7_310, 300)).toBeNull()
  })
})

describe('recent energy', () => {
  const month = (rows: [string, number][]) =>
    ({ rows: rows.map(([period, energy]) => ({ period, energy })) }) as unknown as Schema['Reductions']

  it('is that of thirty business days, of both months, less what was taken back', () => {
    const told = [
      month([
        ['2026-10-01', 40],
        ['2026-10-02', 7],
      ]),
      month([
        ['2026-09-01', 100],
        ['2026-09-02', 30],
        ['2026-09-20', -10],
      ]),
    ]
    expect(recentEnergy(told, new Date('2026-10-01T00:36:00Z'))).toBe(60)
    expect(recentEnergy([undefined], new Date('2026-10-01T00:36:00Z'))).toBe(0)
  })
})
