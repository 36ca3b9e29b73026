import { describe, expect, it } from 'vitest'

import { type Donation, wayOf } from './way'

const AT = '2026-07-06T12:00:00+08:00'
const donation = (given: Partial<Donation>) =>
  ({
    where: 'pledged',
    pledged_at: AT,
    given_at: null,
    sent_at: null,
    received_at: null,
    receipt: null,
    ...given,
  }) as Donation
const hows = (given: Partial<Donation>) =>
  wayOf(donation(given), (key) => key, 'back').map(({ key, how }) => [key, how])

describe('the way of a donation', () => {
  it('has one next step until the receipt is there', () => {
    expect(hows({})).toEqual([
      ['pledged', 'done'],
      ['given', 'next'],
      ['sent', 'later'],
      ['received', 'later'],
    ])
    expect(hows({ where: 'sent', given_at: AT, sent_at: AT }).pop()).toEqual(['received', 'next'])
    const done = wayOf(
      donation({ where: 'received', given_at: AT, sent_at: AT, received_at: AT, receipt: 'CR-1' }),
      (key) => key,
      '',
    )
    expect(done.every(({ how }) => how === 'done')).toBe(true)
    expect(done[3]?.proof).toBe('CR-1')
  })

  it('promises nothing of one that was undone', () => {
    expect(hows({ where: 'undone' })).toEqual([
      ['pledged', 'done'],
      ['undone', 'off'],
    ])
  })
})
