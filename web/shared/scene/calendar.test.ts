import { describe, expect, it } from 'vitest'

import { hourIn, hourOf, solarLongitude, solarTerm, sunTimes } from './calendar'

const china = (day: string, time = '12:00'): Date => new Date(`${day}T${time}:00+08:00`)
const DAY_MS = 86_400_000

describe('the solar terms', () => {
  it.each([
    ['2026-06-05', '芒种', 'Grain in Ear', 'summer'],
    ['2026-10-23', '霜降', "Frost's Descent", 'autumn'],
    ['2026-02-04', '立春', 'Start of Spring', 'spring'],
    ['2025-12-21', '冬至', 'Winter Solstice', 'winter'],
    ['2008-04-04', '清明', 'Clear and Bright', 'spring'],
    ['2021-02-03', '立春', 'Start of Spring', 'spring'], // the first on the 3rd since 1897
    ['1900-01-06', '小寒', 'Minor Cold', 'winter'],
  ])('%s is %s', (day, zh, en, season) => {
    expect(solarTerm(china(day))).toEqual({ zh, en, season })
    expect(solarTerm(china(day, '00:00')).zh).toBe(zh)
    expect(solarTerm(new Date(china(day, '00:00').getTime() - 1)).zh).not.toBe(zh)
  })

  it('begin on the days that an independent ephemeris gives, 1900 to 2100', () => {
    // FNV-1a of "day term;" for all 4824 terms, made once with PyEphem (VSOP87). One day off changes it.
    const names = '春分清明谷雨立夏小满芒种夏至小暑大暑立秋处暑白露秋分寒露霜降立冬小雪大雪冬至小寒大寒立春雨水惊蛰'
    let hash = 0x811c9dc5
    let found = 0
    let before = solarTerm(china('1899-12-31')).zh
    const end = china('2100-12-31').getTime()
    for (let at = china('1900-01-01').getTime(); at <= end; at += DAY_MS) {
      const { zh } = solarTerm(new Date(at))
      if (zh === before) continue
      before = zh
      found += 1
      const day = new Date(at + 8 * 3_600_000).toISOString().slice(0, 10)
      for (const c of `${day} ${names.indexOf(zh) / 2};`) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193) >>> 0
    }
    expect([found, hash]).toEqual([4824, 0x6d7b9f6])
  })

  it('stand on a longitude that is right to two minutes of time', () => {
    // Equinoxes and solstices of 2026 as published by the US Naval Observatory, to the minute.
    for (const [at, degrees] of [
      ['2026-03-20T14:46Z', 0],
      ['2026-06-21T08:24Z', 90],
      ['2026-09-23T00:05Z', 180],
      ['2026-12-21T20:50Z', 270],
    ] as const) {
      const off = ((solarLongitude(new Date(at)) - degrees + 540) % 360) - 180
      expect(Math.abs(off) * 1461).toBeLessThan(2)
    }
  })
})

describe('the hour', () => {
  const beijing = (time: string) => hourOf(china('2026-06-05', time))
  it('follows sunrise and sunset', () => {
    expect(['03:50', '04:30', '07:00', '12:00', '19:00', '20:00', '21:00'].map(beijing)).toEqual(
      ['night', 'morning', 'morning', 'day', 'dusk', 'dusk', 'night'], // rises 4:46, sets 19:39
    )
  })
  it('comes earlier in winter and later in the west', () => {
    expect(hourOf(china('2026-12-21', '16:30'))).toBe('dusk')
    expect(hourOf(china('2026-12-21', '16:30'), 43.8, 87.6)).toBe('day') // Ürümqi
  })
  it('knows days and nights that do not end', () => {
    expect(sunTimes(china('2026-06-21'), 78, 15)).toBe('day')
    expect(hourOf(china('2026-12-21'), 78, 15)).toBe('night')
  })
  it('gives the sunrise of Beijing to the minute', () => {
    const times = sunTimes(china('2026-06-21'), 39.9, 116.4)
    if (typeof times === 'string') throw new Error(times)
    expect(Math.abs(times.rise.getTime() - china('2026-06-21', '04:46').getTime())).toBeLessThan(90_000)
    expect(Math.abs(times.set.getTime() - china('2026-06-21', '19:46').getTime())).toBeLessThan(90_000)
  })
  it('gives way to a theme that the customer fixed', () => {
    expect(hourIn('light', 'night')).toBe('morning')
    expect(hourIn('dark', 'day')).toBe('night')
    expect(hourIn('dark', 'dusk')).toBe('dusk')
  })
})
