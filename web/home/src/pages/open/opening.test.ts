import { describe, expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { byProduct, opening, useChoices } from './opening'

const text = (purpose: Schema['Purpose']) => ({ text: { purpose, version: '2026-11' } }) as Schema['ConsentState']
const all = [text('card_payments'), text('whereabouts'), text('steps')]
const card = (reference: string, product: Schema['CardProduct']) =>
  ({ card_ref: reference, product, label: reference }) as Schema['CardState']

describe('what is decided before an account is opened', () => {
  it('is nothing at first', () => {
    const { purposes, cards, needsCards } = useChoices()
    expect(opening(all, purposes, cards)).toEqual({ consents: [], cards: [] })
    expect(needsCards.value).toBe(false)
  })

  it('is what was switched on, to the text that was shown, and nothing beside it', () => {
    const { purposes, cards, flipPurpose, flipCard } = useChoices()
    flipPurpose('steps')
    flipPurpose('whereabouts')
    flipPurpose('steps')
    flipCard('c1')
    expect(opening(all, purposes, cards)).toEqual({
      consents: [{ purpose: 'whereabouts', version: '2026-11' }],
      cards: ['c1'],
    })
  })

  it('needs cards for payments and rides, but not for steps', () => {
    const { flipPurpose, needsCards } = useChoices()
    flipPurpose('steps')
    expect(needsCards.value).toBe(false)
    flipPurpose('whereabouts')
    expect(needsCards.value).toBe(true)
  })
})

describe('cards to choose', () => {
  it('stand by product, without a heading for none', () => {
    const groups = byProduct([card('a', 'credit'), card('b', 'credit')])
    expect(groups.map(({ product, cards }) => [product, cards.length])).toEqual([['credit', 2]])
  })
})
