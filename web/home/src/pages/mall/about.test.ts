import { beforeEach, describe, expect, it } from 'vitest'

import { chosenLanguage } from '@/preferences'

import { factsOf, stepsOf } from './about'
import type { Reward } from './shelf'
import { mallWords } from './words'

const text = (zh: string) => ({ zh, en: zh })
const reward = (changes: Partial<Reward>): Reward =>
  ({
    partner: text('青山'),
    left: 12,
    limit: null,
    hold_days: 14,
    valid_to: '2027-12-31',
    tree: null,
    donation: null,
    produce: null,
    code: null,
    ...changes,
  }) as Reward
const KINDS: Partial<Reward>[] = [
  { tree: { species: text('梭梭'), region: text('阿拉善'), batch_size: 1_000 } },
  { donation: { project: text('净水'), fen: 100, ceiling_fen: 10_000_000 } },
  { produce: { origin: text('五常'), delivery_days: 7 } },
  { code: { use_within_days: 30 } },
  {},
]

describe('a reward of any kind', () => {
  beforeEach(() => (chosenLanguage.value = 'zh'))

  it.each(KINDS)('says in words that exist what it is and what happens: %o', (kind) => {
    const made = reward(kind)
    const keys = [
      ...factsOf(made).flatMap(({ name, told }) => [name, ...(typeof told === 'string' ? [] : [told.key])]),
      ...stepsOf(made, new Date('2026-10-01T00:00:00Z')).flatMap(({ when, what }) => [when.key, what.key]),
    ]
    expect(keys.filter((key) => !(key in mallWords.zh))).toEqual([])
    expect(keys[0]).toBeTruthy()
  })
  it('ends with the day on which the energy is back', () => {
    const last = stepsOf(reward({}), new Date('2026-10-01T00:00:00Z')).at(-1)
    expect(last).toMatchObject({ kind: 'else', when: { day: '10月15日' } })
  })
  it('of money says what is left of the fund, not a number of pieces', () => {
    const facts = factsOf(reward(KINDS[1] ?? {}))
    expect(facts.find(({ name }) => name === 'fundLeft')?.told).toMatchObject({
      left: '12.00 元',
      ceiling: '100,000.00 元',
    })
    expect(facts.some(({ name }) => name === 'stock')).toBe(false)
  })
})
