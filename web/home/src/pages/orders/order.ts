/** What an order says of itself: whether something is waited for, what became of its energy, and its history as a line. */
import type { Schema } from '@/api/client'

export type Order = Schema['Order']
type State = Schema['State']

const UNDER_WAY: readonly State[] = ['held', 'sent', 'confirmed', 'delayed', 'substituted']
/** Energy is set aside and the partner has the word. */
export const isUnderWay = ({ state }: Pick<Order, 'state'>): boolean => UNDER_WAY.includes(state)

/** `waiting`: under way; `late`: under way, not as promised; `done`; `partly`; `ended`: nothing came of it, or it came back. */
export type Face = 'waiting' | 'late' | 'done' | 'partly' | 'ended'
export function faceOf(state: State): Face {
  if (state === 'fulfilled') return 'done'
  if (state === 'partly_fulfilled') return 'partly'
  if (state === 'delayed' || state === 'substituted') return 'late'
  return UNDER_WAY.includes(state) ? 'waiting' : 'ended'
}

/** Where the energy of an order is, to the point. `deciding`: used, and the bank decides whether it comes back. */
export interface Sums {
  held: number
  used: number
  back: number
  deciding: boolean
}
export function sumsOf(order: Pick<Order, 'state' | 'energy' | 'quantity' | 'delivered'>): Sums {
  const none = { held: 0, used: 0, back: 0, deciding: false }
  if (isUnderWay(order)) return { ...none, held: order.energy }
  const each = Math.floor(order.energy / order.quantity)
  const used = order.delivered === null ? order.energy : each * order.delivered
  if (order.state === 'fulfilled') return { ...none, used: order.energy }
  if (order.state === 'partly_fulfilled') return { ...none, used, back: order.energy - used }
  if (order.state === 'returned') return { ...none, used, back: order.energy - used, deciding: true }
  return { ...none, back: order.energy }
}

/** Reasons that only repeat what the state says. */
const PLAIN: readonly Schema['OrderReason'][] = ['placed', 'sending', 'by_partner', 'by_customer', 'deadline']

export interface Line {
  said: Schema['Text']
  because: Schema['Text'] | null
  by: string
  at: string
  face: Face
}

/** The history from the first day on. A line that left the order as it was tells its reason instead of the state. */
export function linesOf(history: Order['history']): Line[] {
  return history.map((change, i) => {
    const same = i > 0 && history[i - 1]?.state === change.state
    const telling = PLAIN.includes(change.reason) ? null : change.because
    return {
      said: same ? change.because : change.meaning,
      because: same ? null : telling,
      by: change.by,
      at: change.at,
      face: faceOf(change.state),
    }
  })
}

const WITH_CODE: readonly Schema['RewardKind'][] = ['gym_card', 'coupon', 'partner_benefit']
/** A partner may name a code for anything; only of cards and coupons it is something to show somebody. */
export const hasCode = ({ kind }: Pick<Order, 'kind'>): boolean => WITH_CODE.includes(kind)
