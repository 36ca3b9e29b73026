/** What is to be known about a reward: facts in pairs, what happens after ordering, and what it is not. */
import type { Schema } from '@/api/client'
import { count, date, day, yuan } from '@/format'
import { say } from '@/words'

import { backBy, type Reward } from './shelf'
import type { mallWords } from './words'

type Word = keyof (typeof mallWords)['zh']
/** Words of the page with what they name, or a text of the API as it is. */
export interface Told {
  key: Word
  [name: string]: string | number
}
export interface Fact {
  name: Word
  told: Told | string
}

const LIMITS = { day: 'limitDay', month: 'limitMonth', year: 'limitYear', ever: 'limitEver' } as const
const limitOf = ({ period, most, used }: Schema['Used']): Told => ({
  key: LIMITS[period],
  most: count(most),
  used: count(used),
})

function ofKind(reward: Reward): Fact[] {
  const { tree, donation, produce, code } = reward
  const who = say(reward.partner)
  if (tree)
    return [
      { name: 'species', told: say(tree.species) },
      { name: 'region', told: say(tree.region) },
      { name: 'planter', told: who },
      { name: 'batch', told: { key: 'batchOf', n: count(tree.batch_size) } },
      { name: 'youGet', told: { key: 'getCertificate' } },
    ]
  if (donation)
    return [
      { name: 'project', told: say(donation.project) },
      { name: 'charity', told: who },
      { name: 'bankPays', told: { key: 'bankPaysEach', money: yuan(donation.fen) } },
      {
        name: 'fundLeft',
        told: { key: 'fundLeftOf', left: yuan(reward.left * donation.fen), ceiling: yuan(donation.ceiling_fen) },
      },
      { name: 'youGet', told: { key: 'getReceipt' } },
    ]
  if (produce)
    return [
      { name: 'origin', told: say(produce.origin) },
      { name: 'seller', told: who },
      { name: 'delivery', told: { key: 'deliveryDays', n: count(produce.delivery_days) } },
      { name: 'youGet', told: { key: 'getParcel' } },
    ]
  const provider: Fact[] = [{ name: 'provider', told: who }]
  if (code)
    provider.push(
      { name: 'useBy', told: { key: 'useWithin', n: count(code.use_within_days) } },
      { name: 'youGet', told: { key: 'getCode' } },
    )
  return provider
}

export function factsOf(reward: Reward): Fact[] {
  const facts = ofKind(reward)
  if (!reward.donation) facts.push({ name: 'stock', told: { key: 'left', n: count(reward.left) } })
  if (reward.limit) facts.push({ name: 'limit', told: limitOf(reward.limit) })
  facts.push({ name: 'until', told: date(reward.valid_to) })
  return facts
}

/** One step: when, and what happens. `done`: it is the press itself; `else`: it only happens if the rest does not. */
export interface Step {
  when: Told
  what: Told
  kind: 'done' | 'next' | 'else'
}
const next = (when: Word, what: Word, more: Record<string, string | number> = {}): Step => ({
  when: { key: when },
  what: { key: what, ...more },
  kind: 'next',
})

export function stepsOf(reward: Reward, now: Date): Step[] {
  const steps: Step[] = [{ when: { key: 'today' }, what: { key: 'stepHeld' }, kind: 'done' }]
  const { tree, donation, produce, code } = reward
  if (tree)
    steps.push(
      next('afterConfirm', 'treeConfirmed'),
      next('planted', 'treePlanted'),
      next('surveyed', 'treeSurveyed'),
      { when: { key: 'failed' }, what: { key: 'treeFailed' }, kind: 'else' },
    )
  else if (donation)
    steps.push(
      next('afterConfirm', 'donationConfirmed'),
      next('transferred', 'donationTransferred'),
      next('receipted', 'donationReceipted'),
    )
  else if (produce)
    steps.push(
      next('afterConfirm', 'produceConfirmed', { n: count(produce.delivery_days) }),
      next('arrived', 'produceArrived'),
    )
  else {
    steps.push(next('afterConfirm', 'codeConfirmed'))
    if (code) steps.push(next('use', 'codeUse', { n: count(code.use_within_days) }))
  }
  steps.push({ when: { key: 'latest', day: day(backBy(reward, now)) }, what: { key: 'backAgain' }, kind: 'else' })
  return steps
}

/** What this kind of reward is called on its way, and what it is not. */
export function kindOf(reward: Reward): { steps: Word; not: Word; why: Word; comes: Told } {
  if (reward.tree) return { steps: 'treeSteps', not: 'noClaim', why: 'noClaimWhy', comes: { key: 'comesTree' } }
  if (reward.donation)
    return { steps: 'donationSteps', not: 'noReceipt', why: 'noReceiptWhy', comes: { key: 'comesDonation' } }
  if (reward.produce) {
    const comes = { key: 'comesProduce' as const, n: count(reward.produce.delivery_days) }
    return { steps: 'produceSteps', not: 'noShip', why: 'noShipWhy', comes }
  }
  return { steps: 'codeSteps', not: 'noCash', why: 'noCashWhy', comes: { key: 'comesCode' } }
}
