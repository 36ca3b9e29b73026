import { describe, expect, it } from 'vitest'

import { type Ball, faceOf, lapsed, ringOf, timeOf } from './balls'

const ball = (ripens: string, lapses: string): Ball => ({
  ball_id: 'ball_1',
  act_id: 'act_1',
  scenario: 'metro_ride',
  family: 'travel',
  name: { zh: '地铁', en: 'Metro' },
  icon: 'metro_ride',
  energy: 18,
  state: 'growing',
  ripens_at: ripens,
  lapses_at: lapses,
})
const metro = ball('2026-07-07T07:00:00+08:00', '2026-07-10T07:00:00+08:00')
const at = (text: string) => new Date(`2026-07-${text}:00+08:00`)

describe('a ball', () => {
  it.each([
    ['06T20:00', 'raw', 'ripeMorning'],
    ['07T06:30', 'raw', 'ripeMinutes'],
    ['07T07:00', 'ripe', 'leftDays'],
    ['09T18:59', 'ripe', 'leftHours'],
    ['09T19:01', 'soon', 'leftHours'],
    ['10T06:59', 'soon', 'leftMinutes'],
  ])('at %s is %s and says %s', (when, face, key) => {
    expect([faceOf(metro, at(when)), timeOf(metro, at(when)).key]).toEqual([face, key])
  })

  it('says the days that are whole', () => {
    expect(timeOf(metro, at('07T07:01')).n).toBe(2)
    expect(timeOf(metro, at('08T07:00')).n).toBe(2)
    expect(timeOf(metro, at('08T07:01')).n).toBe(1)
  })

  it('fills its ring as it ripens and empties it as it waits', () => {
    expect(ringOf(metro, at('06T07:00'))).toBe(0)
    expect(ringOf(metro, at('06T19:00'))).toBe(0.5)
    expect(ringOf(metro, at('07T07:00'))).toBe(1)
    expect(ringOf(metro, at('08T19:00'))).toBe(0.5)
    expect(ringOf(metro, at('11T00:00'))).toBe(0)
  })

  it('falls when its time is over', () => {
    expect([lapsed(metro, at('10T06:59')), lapsed(metro, at('10T07:00'))]).toEqual([false, true])
  })
})
