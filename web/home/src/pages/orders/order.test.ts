import { describe, expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { faceOf, isUnderWay, linesOf, type Order, sumsOf } from './order'

const text = (zh: string) => ({ zh, en: zh })
const STATES: Schema['State'][] = [
  'held',
  'sent',
  'confirmed',
  'delayed',
  'substituted',
  'fulfilled',
  'partly_fulfilled',
  'failed',
  'cancelled',
  'expired',
  'returned',
]
const order = (state: Order['state'], delivered: number | null = null) => ({
  state,
  delivered,
  energy: 7_200,
  quantity: 3,
})

describe('the energy of an order', () => {
  it.each(STATES)('is all somewhere, and nowhere twice: %s', (state) => {
    const { held, used, back } = sumsOf(order(state, state === 'partly_fulfilled' ? 2 : null))
    expect(held + used + back).toBe(7_200)
    expect(held > 0).toBe(isUnderWay({ state }))
  })
  it('of an order done in part is used for what came, and the rest is back', () =>
    expect(sumsOf(order('partly_fulfilled', 2))).toEqual({ held: 0, used: 4_800, back: 2_400, deciding: false }))
  it('of what was returned is for the bank to decide', () => {
    expect(sumsOf(order('returned', 3))).toEqual({ held: 0, used: 7_200, back: 0, deciding: true })
    expect(sumsOf(order('returned', 1))).toMatchObject({ used: 2_400, back: 4_800 })
  })
})

describe('the line of an order', () => {
  const change = (state: Schema['State'], reason: Schema['OrderReason']): Order['history'][number] => ({
    state,
    reason,
    meaning: text(state),
    because: text(reason),
    by: 'partner',
    at: '2026-10-01T00:00:00Z',
  })
  it('tells a reason that says more than the state, and only such', () => {
    const lines = linesOf([change('held', 'placed'), change('sent', 'sending'), change('delayed', 'weather')])
    expect(lines.map(({ said, because }) => [said.zh, because?.zh])).toEqual([
      ['held', undefined],
      ['sent', undefined],
      ['delayed', 'weather'],
    ])
  })
  it('tells what was heard when the order stayed as it was', () => {
    const lines = linesOf([change('expired', 'deadline'), change('expired', 'too_late')])
    expect(lines[1]?.said.zh).toBe('too_late')
    expect(lines[1]?.because).toBeNull()
  })
  it('has a face for every state', () =>
    expect(STATES.map(faceOf).join(' ')).toBe('waiting waiting waiting late late done partly ended ended ended ended'))
})
