import { describe, expect, it } from 'vitest'

import { batches, type Certificate, drawn, type Forest, tally } from './groups'
import { wayOf } from './way'

const text = (zh: string) => ({ zh, en: zh })
const certificate = (given: Partial<Certificate>): Certificate => ({
  number: 'T-2026-000001-4',
  state: 'waiting',
  meaning: text('等待'),
  species: text('梭梭'),
  picture: 'tree',
  region: text('阿拉善'),
  partner: text('青山'),
  made_up: true,
  status: 'draft',
  issued_on: '2026-07-06',
  planting_id: null,
  contract: null,
  place: null,
  trees: null,
  events: [],
  history: [],
  ...given,
})
const tree = (given: Partial<Certificate>) => ({ order_id: 'order_1', certificate: certificate(given) })
const say = (key: string, given?: Record<string, unknown>) => (given ? `${key} ${JSON.stringify(given)}` : key)
const planted = { kind: 'planted', on: '2026-08-01', trees: 3, evidence: 'GH-1' } as const

describe('the trees of a customer', () => {
  it('stand by planting: waiting first, then the latest, void ones last and apart', () => {
    const found = batches([
      tree({ number: 'void', state: 'given_back', planting_id: 3 }),
      tree({ number: 'a', state: 'planted', planting_id: 1 }),
      tree({ number: 'b', state: 'planned', planting_id: 3 }),
      tree({ number: 'c' }),
      tree({ number: 'd', state: 'planted', planting_id: 1 }),
      tree({ number: 'e', species: text('樟子松') }),
    ])
    expect(found.map(({ trees }) => trees.map((one) => one.certificate.number))).toEqual([
      ['c'],
      ['e'],
      ['b'],
      ['a', 'd'],
      ['void'],
    ])
  })

  it('are drawn once each, and what is void nowhere', () => {
    const forest = {
      trees_in_all: 3,
      trees: [tree({}), tree({ state: 'surveyed', planting_id: 1 }), tree({ state: 'given_back' })],
      to_come: [{ quantity: 2, picture: 'pine' }],
    } as unknown as Forest
    const found = drawn(forest)
    expect(found.map(({ growth }) => growth)).toEqual(['surveyed', 'waiting', 'ordered', 'ordered'])
    expect(tally(found).map(({ growth, n }) => [growth, n])).toEqual([
      ['ordered', 2],
      ['waiting', 1],
      ['surveyed', 1],
    ])
  })
})

describe('the way of a tree', () => {
  const failed = { kind: 'failed', on: '2027-05-20', evidence: 'GH-2', planting_id: 2, contract: 'GH' }
  const hows = (given: Partial<Certificate>) => wayOf(certificate(given), say, '').map(({ name, how }) => [name, how])

  it('tells that this tree failed, and what became of it', () => {
    const of = { planting_id: 2, trees: 3, events: [planted] }
    expect(hows({ ...of, state: 'failed', history: [failed] }).slice(-2)).toEqual([
      ['tree_failed', 'off'],
      ['stepAhead', 'next'],
    ])
    const back = { kind: 'refunded', on: '2027-06-01', evidence: 'GH-3', planting_id: 2, contract: 'GH' }
    expect(hows({ ...of, state: 'refunded', history: [failed, back] }).pop()).toEqual(['tree_refunded', 'off'])
    const again = { kind: 'replaced', on: '2027-06-01', evidence: 'GH-4', planting_id: 7, contract: 'GH-8' }
    const events = [{ ...planted, on: '2027-06-01' }]
    const replanted = { planting_id: 7, trees: 1, events, state: 'replanted' as const, history: [failed, again] }
    expect(hows(replanted)).toEqual([
      ['stepIssued', 'done'],
      ['tree_failed', 'off'],
      ['tree_replaced', 'done'],
      ['step_planted', 'done'],
      ['step_surveyed', 'next'],
    ])
  })

  it('says what is next and what may come', () => {
    expect(wayOf(certificate({}), say, '').map(({ key, how }) => [key, how])).toEqual([
      ['issued', 'done'],
      ['planned', 'next'],
      ['planted', 'later'],
      ['surveyed', 'later'],
    ])
    const growing = certificate({ state: 'planted', planting_id: 2, trees: 3, events: [planted] })
    const steps = wayOf(growing, say, '')
    expect(steps.map(({ key, how }) => [key, how])).toEqual([
      ['issued', 'done'],
      ['planned', 'done'],
      ['p0', 'done'],
      ['surveyed', 'next'],
    ])
    expect(steps[2]).toMatchObject({ proof: 'GH-1', name: 'step_planted' })
  })

  it('ends where the certificate is void', () => {
    const over = certificate({ state: 'given_back', planting_id: 2, trees: 3, events: [planted] })
    expect(wayOf(over, say, '订单已退回').pop()).toMatchObject({ how: 'off', told: '订单已退回' })
  })
})
