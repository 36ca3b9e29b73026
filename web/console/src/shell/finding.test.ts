import { describe, expect, it } from 'vitest'

import { meant } from './finding'

describe('what is meant by an id', () => {
  it('is a change by its prefix, else a customer by the reference of the bank', () => {
    const change = 'proposal_01ARZ3NDEKTSV4RRFFQ69G5FAV'
    expect(meant(` ${change} `)).toEqual([{ kind: 'proposal', ref: change, to: `/changes/${change}` }])
    expect(meant('cust-00017')).toEqual([{ kind: 'customer', ref: 'cust-00017', to: '/customers/cust-00017' }])
  })

  it('is nothing for the name of a page, and never a card number', () => {
    expect(meant('risk')).toEqual([])
    expect(meant('')).toEqual([])
    expect(meant('act_9KQ27VXM41TD')).toEqual([])
    expect(meant('6217000010001234567')).toEqual([])
  })
})
