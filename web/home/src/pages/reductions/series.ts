/** What the API tells by period and family, as rows of a table and bars of a chart. Periods without acts are zero. */
import type { Schema } from '@/api/client'
import { FAMILIES, type Family } from '@/parts/charts/families'

export interface Row {
  period: string
  mg: Record<Family, number>
  total: number
  acts: number
}

/** Every day of a month, or every month of a year, that the answer is about. */
export function periods({ by, from, to }: Pick<Schema['Reductions'], 'by' | 'from' | 'to'>): string[] {
  if (by === 'month') {
    const year = from.slice(0, 4)
    return Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`)
  }
  const month = from.slice(0, 7)
  return Array.from({ length: Number(to.slice(8, 10)) }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)
}

export function rows(told: Schema['Reductions']): Row[] {
  const all = new Map<string, Row>(
    periods(told).map((period) => [period, { period, mg: { travel: 0, finance: 0, online: 0 }, total: 0, acts: 0 }]),
  )
  for (const { period, family, carbon_mg, acts } of told.rows) {
    const row = all.get(period)
    if (!row) continue
    row.mg[family] += carbon_mg
    row.total += carbon_mg
    row.acts += acts
  }
  return [...all.values()]
}

export interface FamilySum {
  family: Family
  mg: number
  acts: number
}

export const byFamily = (told: Schema['Reductions']): FamilySum[] =>
  FAMILIES.map((family) => {
    const own = told.rows.filter((row) => row.family === family)
    const sum = (value: (row: Schema['ReductionRow']) => number) => own.reduce((all, row) => all + value(row), 0)
    return { family, mg: sum(({ carbon_mg }) => carbon_mg), acts: sum(({ acts }) => acts) }
  })

/** "2026-07" and months away from it. */
export function monthAway(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  const all = year * 12 + number - 1 + by
  return `${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, '0')}`
}
