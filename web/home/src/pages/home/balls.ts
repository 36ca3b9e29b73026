/** What a ball looks like and says at a moment. The bank's clock decides; nothing here asks the phone's. */
import type { Schema } from '@/api/client'
import { day, dayKey, time } from '@/format'

export type Ball = Schema['Ball']
export type BallFace = 'raw' | 'ripe' | 'soon'

/** Words for the time left: a key of homeWords and what to put in. */
export interface Told {
  key: string
  n?: number
  time?: string
  day?: string
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SOON = 12 * HOUR

export function faceOf(ball: Ball, now: Date): BallFace {
  if (Date.parse(ball.ripens_at) > now.getTime()) return 'raw'
  return Date.parse(ball.lapses_at) - now.getTime() < SOON ? 'soon' : 'ripe'
}

/** How much of the ring is drawn, 0 to 1: it fills as a ball ripens within a day, and empties with the time left. */
export function ringOf(ball: Ball, now: Date): number {
  const [ripens, lapses, at] = [Date.parse(ball.ripens_at), Date.parse(ball.lapses_at), now.getTime()]
  const part = at < ripens ? 1 - (ripens - at) / DAY : (lapses - at) / (lapses - ripens)
  return Math.min(1, Math.max(0, part))
}

export function timeOf(ball: Ball, now: Date): Told {
  const ripens = new Date(ball.ripens_at)
  const wait = ripens.getTime() - now.getTime()
  if (wait > 0) return ripeningOf(ripens, wait, now)
  const left = Date.parse(ball.lapses_at) - now.getTime()
  if (left >= DAY) return { key: 'leftDays', n: Math.floor(left / DAY) }
  if (left >= HOUR) return { key: 'leftHours', n: Math.floor(left / HOUR) }
  return { key: 'leftMinutes', n: Math.max(1, Math.floor(left / MINUTE)) }
}

function ripeningOf(ripens: Date, wait: number, now: Date): Told {
  if (wait <= HOUR) return { key: 'ripeMinutes', n: Math.ceil(wait / MINUTE) }
  if (dayKey(ripens) === dayKey(now)) return { key: 'ripeToday', time: time(ripens) }
  if (dayKey(ripens) === dayKey(new Date(now.getTime() + DAY)))
    return { key: time(ripens) < '12:00' ? 'ripeMorning' : 'ripeTomorrow' }
  return { key: 'ripeOn', day: day(ripens) }
}

/** Has it fallen from the twig already? The list may be older than that. */
export const lapsed = (ball: Ball, now: Date): boolean => Date.parse(ball.lapses_at) <= now.getTime()
