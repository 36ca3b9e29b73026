/** Notices under the business day they are of, in the order they came. */
import type { Schema } from '@/api/client'
import { dayKey } from '@/format'

export function byDay(notices: Schema['Notice'][]): { day: string; notices: Schema['Notice'][] }[] {
  const days: { day: string; notices: Schema['Notice'][] }[] = []
  for (const notice of notices) {
    const day = dayKey(new Date(notice.at))
    const last = days[days.length - 1]
    if (last?.day === day) last.notices.push(notice)
    else days.push({ day, notices: [notice] })
  }
  return days
}
