/** What the shelf says about one reward, put so that a page can show it: why not, how many, what is left after. */
import type { Schema } from '@/api/client'
import { dayKey } from '@/format'

export type Reward = Schema['OnShelf']

export const FAMILIES = [
  { id: 'trees', kinds: ['tree'] },
  { id: 'donations', kinds: ['donation'] },
  { id: 'produce', kinds: ['produce'] },
  { id: 'cards', kinds: ['gym_card', 'coupon', 'partner_benefit'] },
] as const satisfies readonly { id: string; kinds: readonly Schema['RewardKind'][] }[]
export type FamilyName = (typeof FAMILIES)[number]['id']

/** The families that have anything, each in the order of the catalogue. */
export const byFamily = (rewards: readonly Reward[]): { id: FamilyName; rewards: Reward[] }[] =>
  FAMILIES.map(({ id, kinds }) => ({
    id,
    rewards: rewards.filter(({ kind }) => (kinds as readonly string[]).includes(kind)),
  })).filter(({ rewards }) => rewards.length)

/** Fewer than this are worth saying. */
const FEW = 20

export type Standing =
  | { key: 'enough' | 'closed' | 'soldOut' | 'fundUsed' | 'notEligible'; tone: Tone }
  | { key: 'overDay' | 'overMonth' | 'overYear' | 'overEver'; tone: Tone }
  | { key: 'fewLeft'; n: number; tone: Tone }
  | { key: 'missing'; energy: number; tone: Tone }
  | { key: 'notYet' | 'over'; day: string; tone: Tone }
/** `good`: it can be had; `soon`: it may be gone soon; `none`: it cannot be had now. */
export type Tone = 'good' | 'soon' | 'none'

const OVER = { day: 'overDay', month: 'overMonth', year: 'overYear', ever: 'overEver' } as const

/** How a reward stands for this customer, in one word of the page. */
export function standing(reward: Reward, now: Date): Standing {
  const none = { tone: 'none' as const }
  switch (reward.why) {
    case null:
      return !reward.donation && reward.left <= FEW
        ? { key: 'fewLeft', n: reward.left, tone: 'soon' }
        : { key: 'enough', tone: 'good' }
    case 'closed':
      return { key: 'closed', ...none }
    case 'not_offered':
      return dayKey(now) < reward.valid_from
        ? { key: 'notYet', day: reward.valid_from, ...none }
        : { key: 'over', day: reward.valid_to, ...none }
    case 'sold_out':
      return { key: reward.donation ? 'fundUsed' : 'soldOut', ...none }
    case 'over_limit':
      return { key: OVER[reward.limit?.period ?? 'ever'], ...none }
    case 'not_enough':
      return { key: 'missing', energy: reward.missing, ...none }
    default:
      return { key: 'notEligible', ...none }
  }
}

/** How many one order may have: by the reward, what is left of it, what is left of the limit, and the energy there is. */
export function mostOf(reward: Reward, available: number): number {
  const limited = reward.limit ? reward.limit.most - reward.limit.used : Infinity
  const affordable = Math.floor(available / reward.energy)
  return Math.max(0, Math.min(reward.quantity_max, reward.left, limited, affordable))
}

/** The last day by which it is done or the energy is back. */
export const backBy = (reward: Pick<Reward, 'hold_days'>, now: Date): string =>
  dayKey(new Date(now.getTime() + reward.hold_days * 86_400_000))
