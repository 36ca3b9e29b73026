import { describe, expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { byFamily, monthAway, periods, rows } from './series'

const told: Schema['Reductions'] = {
  by: 'day',
  from: '2026-02-01',
  to: '2026-02-28',
  rows: [
    { period: '2026-02-03', family: 'travel', acts: 2, carbon_mg: 500, energy: 40 },
    { period: '2026-02-03', family: 'online', acts: 1, carbon_mg: 70, energy: 0 },
    { period: '2026-02-28', family: 'travel', acts: 0, carbon_mg: -100, energy: -20 },
  ],
  total: { acts: 3, carbon_mg: 470, energy: 20 },
}

describe('a series', () => {
  it('has every day of its month, and what was reduced on each', () => {
    const all = rows(told)
    expect(all).toHaveLength(28)
    expect(all[2]).toEqual({ period: '2026-02-03', mg: { travel: 500, finance: 0, online: 70 }, total: 570, acts: 3 })
    expect(all[27]?.total).toBe(-100)
    expect(all.reduce((sum, { total }) => sum + total, 0)).toBe(told.total.carbon_mg)
  })
  it('has twelve months of a year', () => {
    expect(periods({ by: 'month', from: '2026-01-01', to: '2026-12-31' })[11]).toBe('2026-12')
  })
  it('adds up by family, in their order', () => {
    expect(byFamily(told)).toEqual([
      { family: 'travel', mg: 400, acts: 2 },
      { family: 'finance', mg: 0, acts: 0 },
      { family: 'online', mg: 70, acts: 1 },
    ])
  })
  it('goes over the turn of a year', () => {
    expect(monthAway('2026-01', -1)).toBe('2025-12')
    expect(monthAway('2026-12', 1)).toBe('2027-01')
  })
})
