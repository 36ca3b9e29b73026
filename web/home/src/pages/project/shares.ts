/** A project's money as parts of a bar: all of it yuan, each donation in exactly one part. */
import type { Schema } from '@/api/client'

export type Project = Schema['Project']
export const PLACES = ['received', 'sent', 'given', 'pledged'] as const
export type MoneyPlace = (typeof PLACES)[number]

export interface Share {
  place: MoneyPlace
  fen: number
  /** Where it begins and how wide it is, in hundredths of the ceiling. */
  from: number
  wide: number
}

/** What is there can be seen: the thinnest part is half a hundredth. */
const THIN = 0.5

export function shares(it: Project): Share[] {
  const whole = Math.max(it.ceiling_fen, 1)
  let from = 0
  return PLACES.map((place) => {
    const fen = it[`${place}_fen`]
    const wide = fen ? Math.min(Math.max((fen / whole) * 100, THIN), 100 - from) : 0
    const share = { place, fen, from, wide }
    from += wide
    return share
  })
}
