/** The periods one chooses from. They end yesterday: a day that is not over would look like a fall. */
import type { Period } from '@/queries'

export type Preset = 'd7' | 'd30' | 'quarter' | 'year'
export const PRESETS: Preset[] = ['d7', 'd30', 'quarter', 'year']
const DAY_MS = 86_400_000

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
const instant = (text: string): number => Date.parse(`${text}T00:00Z`)

export const daysOf = ({ from, to }: Pick<Period, 'from' | 'to'>): number => (instant(to) - instant(from)) / DAY_MS + 1

/** The day before a business day. */
export const dayBefore = (today: string): string => day(instant(today) - DAY_MS)

export function preset(name: Preset, yesterday: string): { from: string; to: string } {
  const to = yesterday
  if (name === 'year') return { from: `${to.slice(0, 4)}-01-01`, to }
  if (name === 'quarter') {
    const month = Math.floor((Number(to.slice(5, 7)) - 1) / 3) * 3 + 1
    return { from: `${to.slice(0, 4)}-${String(month).padStart(2, '0')}-01`, to }
  }
  return { from: day(instant(to) - (name === 'd7' ? 6 : 29) * DAY_MS), to }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** What an address says, or thirty days against the thirty before. */
export function periodOf(query: Record<string, unknown>, yesterday: string): Period {
  const against = query.against === 'last_year' ? 'last_year' : 'previous'
  const { from, to } = query
  if (
    typeof from === 'string' &&
    typeof to === 'string' &&
    DATE.test(from) &&
    DATE.test(to) &&
    fits(from, to, yesterday)
  )
    return { from, to, against }
  return { ...preset('d30', yesterday), against }
}

export const fits = (from: string, to: string, yesterday: string): boolean => from <= to && to <= yesterday
