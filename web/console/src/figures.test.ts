import { afterEach, describe, expect, it } from 'vitest'

import { chosenLanguage } from '@ditan/shared/preferences'

import { change, exact, interval, mass, shown, text, tick, weekend, whole, yuan } from './figures'

afterEach(() => (chosenLanguage.value = 'zh'))

describe('figures', () => {
  it('give grams three figures in the unit of their size', () => {
    expect(mass(341_000)).toEqual({ number: '341', unit: 'g' })
    expect(mass(5_380_000)).toEqual({ number: '5.38', unit: 'kg' })
    expect(mass(1_284_600_000_000)).toEqual({ number: '1,284.6', unit: 't' })
    expect(mass(861_000_000_000, 2_240_000_000_000).unit).toBe('t')
    expect(mass(0)).toEqual({ number: '0', unit: 'g' })
  })

  it('tell unknown from zero', () => {
    expect(shown(null, 'accounts').number).toBe('—')
    expect(text('0', 'trees')).toBe('0 棵')
  })

  it('write the large in the units of the language', () => {
    expect(whole(6_023_000)).toEqual({ number: '602.3', unit: '万' })
    expect(whole(412_600_000)).toEqual({ number: '4.13', unit: '亿' })
    expect(text('6023000', 'acts')).toBe('602.3 万笔')
    expect(yuan(127_500_000)).toBe('¥127.5 万')
    expect([yuan(186), yuan(-186), yuan(0)]).toEqual(['¥1.86', '−¥1.86', '¥0.00'])
    expect(tick(120_000)).toBe('12 万')
    chosenLanguage.value = 'en'
    expect(whole(6_023_000)).toEqual({ number: '6.02', unit: 'M' })
    expect(tick(120_000)).toBe('120 k')
    expect(text('238917', 'accounts')).toBe('238,917')
  })

  it('change in percent, shares in points, and from nothing not at all', () => {
    expect(change('238917', '224515', 'accounts')).toBe('+6.4%')
    expect(change('0.618', '0.627', 'share')).toBe('−0.9 个百分点')
    expect(change('5', '0', 'acts')).toBeNull()
    expect(change(null, '3', 'acts')).toBeNull()
  })

  it('write an interval in one unit', () => {
    expect(interval('861000000000', '2240000000000', 'mg')).toBe('861 – 2,240')
    expect(interval('356000000', '1640000000', 'mg', '635000000')).toBe('356 – 1,640')
    expect(interval('0.611', '0.625', 'share')).toBe('±0.7')
    expect(interval(null, null, 'mg')).toBeNull()
  })

  it('keep the time of the bank', () => {
    expect(exact('2026-11-22T01:05:00Z')).toBe('2026-11-22 09:05:00')
    expect(weekend('2026-11-22')).toBe(true)
    expect(weekend('2026-11-23')).toBe(false)
  })
})
