/** What a scenario gives and where it stops, taken out of its card and of the customer's latest acts. */
import type { Schema } from '@/api/client'
import { monthKey } from '@/format'

type Cap = { name: 'dailyCarbon' | 'monthlyCarbon' | 'monthlyGrams'; value: number }

/** The caps that exist, of reductions and of energy apart. */
export function caps({ limits }: Pick<Schema['ScenarioCard'], 'limits'>): { carbon: Cap[]; energy: Cap[] } {
  const there = (name: Cap['name'], value: number | null): Cap[] => (value === null ? [] : [{ name, value }])
  return {
    carbon: [
      ...there('dailyCarbon', limits.carbon_daily_acts),
      ...there('monthlyCarbon', limits.carbon_monthly_acts),
      ...there('monthlyGrams', limits.carbon_monthly_g),
    ],
    energy: [...there('dailyCarbon', limits.energy_daily_acts), ...there('monthlyCarbon', limits.energy_monthly_acts)],
  }
}

/** From how little to how much the latest acts gave, cut ones left out, and the month of the very latest. */
export function lately(acts: Schema['ActLine'][]): { acts: number; from: number; to: number; month: string } | null {
  const latest = acts[0]
  if (!latest) return null
  const given = acts.filter(({ cuts }) => !cuts.length).map(({ carbon_mg }) => carbon_mg)
  const all = given.length ? given : [0]
  return {
    acts: given.length,
    from: Math.min(...all),
    to: Math.max(...all),
    month: monthKey(new Date(latest.occurred_at)),
  }
}
