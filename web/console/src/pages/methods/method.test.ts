import { describe, expect, it } from 'vitest'

import { dayAfter, dueIn, grouped, nextNumber, steps } from './method'

describe('what the page of methodology works out', () => {
  it('suggests the number that nobody has yet', () => {
    expect(nextNumber('CN-2026.1')).toBe('CN-2026.2')
    expect(nextNumber('CN-2026.9', 1)).toBe('CN-2026.11')
    expect(nextNumber('first')).toBe('first.2')
  })
  it('counts days of the bank, whatever the zone of the desk', () => {
    expect(dayAfter('2026-12-31')).toBe('2027-01-01')
    expect(dueIn('2026-10-05', '2026-07-07')).toBe(90)
    expect(dueIn('2026-10-06', '2026-07-07')).toBeNull()
    expect(dueIn('2026-07-06', '2026-07-07')).toBe(-1)
  })
  it('puts together what changes of one factor', () => {
    const [metro, ride, pack] = grouped([
      { where: 'number', old: 'a', new: 'b' },
      { where: 'scenarios[metro_ride].caps.daily_acts', old: '4', new: '3' },
      { where: 'factors.metro_net.value', old: '46.7', new: '40.5' },
      { where: 'factors.metro_net.p5', old: '40', new: '35' },
    ])
    expect([metro?.name, metro?.fields.value?.new, metro?.rest.length]).toEqual(['metro_net', '40.5', 1])
    expect([ride?.kind, ride?.rest[0]?.where, pack?.name]).toEqual(['scenario', 'caps.daily_acts', 'number'])
  })
  it('gives the outermost steps no edge', () => {
    const made = steps([
      { at_least_mg: -(2 ** 62), customers: 1 },
      { at_least_mg: 0, customers: 2 },
    ])
    expect(made).toEqual([
      { from: null, to: 0, customers: 1 },
      { from: 0, to: null, customers: 2 },
    ])
  })
})
