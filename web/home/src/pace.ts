/** How long something takes at the pace of the last thirty days, in words that promise no day. */
import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api, type Schema, told } from '@/api/client'
import { useNow } from '@/clock'
import { dayKey, monthKey } from '@/format'
import { words } from '@/words'

const DAYS = 30
const DAY_MS = 86_400_000
const FAR_DAYS = 730

export const paceWords = words(
  { paceDays: '{n} 天', paceWeeks: '{n} 周', paceMonths: '{n} 个月' },
  {
    paceDays: '{n} day | {n} days',
    paceWeeks: '{n} week | {n} weeks',
    paceMonths: '{n} month | {n} months',
  },
)

export interface Pace {
  key: keyof (typeof paceWords)['zh']
  n: number
}

/** Null when nothing is missing, nothing comes in, or it lies beyond two years. */
export function paceOf(missing: number, recent: number): Pace | null {
  if (missing <= 0 || recent <= 0) return null
  const days = Math.ceil((missing * DAYS) / recent)
  if (days > FAR_DAYS) return null
  if (days < 14) return { key: 'paceDays', n: days }
  return days < 90 ? { key: 'paceWeeks', n: Math.ceil(days / 7) } : { key: 'paceMonths', n: Math.ceil(days / DAYS) }
}

/** The energy that came in within the last thirty business days up to `today`. */
export function recentEnergy(told: readonly (Schema['Reductions'] | undefined)[], today: Date): number {
  const first = dayKey(new Date(today.getTime() - (DAYS - 1) * DAY_MS))
  return [...new Set(told)]
    .flatMap((month) => month?.rows ?? [])
    .filter(({ period }) => period >= first && period <= dayKey(today))
    .reduce((sum, { energy }) => sum + energy, 0)
}

/** The energy of the last thirty days, asked for only when something is missing. */
export function useRecentEnergy(wanted: Ref<boolean>): Ref<number> {
  const today = useNow(60_000)
  const month = (back: number) => computed(() => monthKey(new Date(today.value.getTime() - back * DAYS * DAY_MS)))
  const asked = (name: Ref<string>) => ({
    queryKey: ['reductions', 'day', name],
    queryFn: () => told(api.GET('/v1/reductions', { params: { query: { by: 'day' as const, month: name.value } } })),
    enabled: wanted,
  })
  const { data: these } = useQuery(asked(month(0)))
  const { data: those } = useQuery(asked(month(1)))
  return computed(() => recentEnergy([these.value, those.value], today.value))
}
