import { describe, expect, it } from 'vitest'

import { backBy, byFamily, mostOf, type Reward, standing } from './shelf'

const NOW = new Date('2026-10-01T00:36:00Z')
const reward = (changes: Partial<Reward> = {}): Reward =>
  ({
    id: 'produce_rice',
    kind: 'produce',
    energy: 2_400,
    quantity_max: 5,
    left: 100,
    missing: 0,
    limit: { period: 'month', most: 5, used: 0, since: null },
    available: true,
    why: null,
    hold_days: 21,
    valid_from: '2026-01-01',
    valid_to: '2027-12-31',
    donation: null,
    ...changes,
  }) as Reward

describe('a reward', () => {
  it('says why it cannot be had', () => {
    const said = (why: Reward['why'], changes: Partial<Reward> = {}) => standing(reward({ why, ...changes }), NOW)
    expect(said(null)).toEqual({ key: 'enough', tone: 'good' })
    expect(said(null, { left: 10 })).toEqual({ key: 'fewLeft', n: 10, tone: 'soon' })
    expect(said('not_enough', { missing: 70 })).toEqual({ key: 'missing', energy: 70, tone: 'none' })
    expect(said('sold_out').key).toBe('soldOut')
    expect(said('sold_out', { donation: {} as Reward['donation'] }).key).toBe('fundUsed')
    expect(said('over_limit').key).toBe('overMonth')
    expect(said('closed').key).toBe('closed')
    expect(said('something_new' as Reward['why']).key).toBe('notEligible')
  })
  it('is not offered yet, or no more, by business days', () => {
    expect(standing(reward({ why: 'not_offered', valid_from: '2026-10-02' }), NOW)).toMatchObject({ key: 'notYet' })
    expect(standing(reward({ why: 'not_offered', valid_to: '2026-09-30' }), NOW)).toMatchObject({
      key: 'over',
      day: '2026-09-30',
    })
  })
  it('of which money is left is never few', () =>
    expect(standing(reward({ left: 3, donation: {} as Reward['donation'] }), NOW).key).toBe('enough'))
  it('can be had as often as all four allow', () => {
    expect(mostOf(reward(), 99_999)).toBe(5)
    expect(mostOf(reward(), 5_000)).toBe(2)
    expect(mostOf(reward({ left: 1 }), 99_999)).toBe(1)
    expect(mostOf(reward({ limit: { period: 'month', most: 5, used: 4, since: null } }), 99_999)).toBe(1)
    expect(mostOf(reward({ limit: null, quantity_max: 3 }), 99_999)).toBe(3)
    expect(mostOf(reward(), 100)).toBe(0)
  })
  it('is there, or its energy is back, by a day of the bank', () =>
    expect(backBy(reward(), new Date('2026-10-01T17:00:00Z'))).toBe('2026-10-23'))
})

describe('the shelf', () => {
  it('has four families in their order, and none that is empty', () => {
    const all = [
      reward({ id: 'a', kind: 'coupon' }),
      reward({ id: 'b', kind: 'tree' }),
      reward({ id: 'c', kind: 'gym_card' }),
    ]
    expect(byFamily(all).map(({ id, rewards }) => [id, rewards.map((each) => each.id)])).toEqual([
      ['trees', ['b']],
      ['cards', ['a', 'c']],
    ])
  })
})
