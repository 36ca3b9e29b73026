import { describe, expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { caps, lately } from './gives'

const act = (carbon_mg: number, cut = false) =>
  ({
    carbon_mg,
    occurred_at: '2026-07-31T17:00:00Z',
    cuts: cut ? [{ code: 'daily_cap', reason: { zh: '', en: '' } }] : [],
  }) as unknown as Schema['ActLine']

describe('a scenario', () => {
  it('shows only the caps it has', () => {
    const limits = {
      carbon_daily_acts: 2,
      carbon_monthly_acts: null,
      carbon_monthly_g: 20_000,
      energy_daily_acts: null,
      energy_monthly_acts: 8,
    }
    expect(caps({ limits })).toEqual({
      carbon: [
        { name: 'dailyCarbon', value: 2 },
        { name: 'monthlyGrams', value: 20_000 },
      ],
      energy: [{ name: 'monthlyCarbon', value: 8 }],
    })
  })
  it('gave lately from so little to so much, in a month of the bank', () => {
    expect(lately([act(300), act(0, true), act(120)])).toEqual({ acts: 2, from: 120, to: 300, month: '2026-08' })
    expect(lately([])).toBeNull()
  })
})
