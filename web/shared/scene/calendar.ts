/** The 24 solar terms and the four hours of the day, computed from the sun.
 *
 * Solar longitude: J. Meeus, Astronomical Algorithms, 2nd ed., ch. 25 (lower accuracy, 0.01°, i.e. about a quarter of
 * an hour) with the delta-T polynomial of Espenak and Meeus (NASA, eclipse.gsfc.nasa.gov/SEhelp/deltatpoly2004.html).
 * A term falls on the civil day of China (UTC+8) in which the longitude reaches a multiple of 15° (GB/T 33661-2017).
 * Sunrise and sunset: the same longitude, declination and equation of time, the sun's center at -0.833° (Meeus ch. 15).
 */

export type Season = 'spring' | 'summer' | 'autumn' | 'winter'
export type Hour = 'morning' | 'day' | 'dusk' | 'night'
export interface SolarTerm {
  zh: string
  en: string
  season: Season
}

/** From 春分, longitude 0°, on; each is 15° further. A season begins with its 立. */
const TERMS: readonly SolarTerm[] = (
  [
    ['春分', 'Spring Equinox', 'spring'],
    ['清明', 'Clear and Bright', 'spring'],
    ['谷雨', 'Grain Rain', 'spring'],
    ['立夏', 'Start of Summer', 'summer'],
    ['小满', 'Grain Buds', 'summer'],
    ['芒种', 'Grain in Ear', 'summer'],
    ['夏至', 'Summer Solstice', 'summer'],
    ['小暑', 'Minor Heat', 'summer'],
    ['大暑', 'Major Heat', 'summer'],
    ['立秋', 'Start of Autumn', 'autumn'],
    ['处暑', 'End of Heat', 'autumn'],
    ['白露', 'White Dew', 'autumn'],
    ['秋分', 'Autumn Equinox', 'autumn'],
    ['寒露', 'Cold Dew', 'autumn'],
    ['霜降', "Frost's Descent", 'autumn'],
    ['立冬', 'Start of Winter', 'winter'],
    ['小雪', 'Minor Snow', 'winter'],
    ['大雪', 'Major Snow', 'winter'],
    ['冬至', 'Winter Solstice', 'winter'],
    ['小寒', 'Minor Cold', 'winter'],
    ['大寒', 'Major Cold', 'winter'],
    ['立春', 'Start of Spring', 'spring'],
    ['雨水', 'Rain Water', 'spring'],
    ['惊蛰', 'Awakening of Insects', 'spring'],
  ] as const
).map(([zh, en, season]) => ({ zh, en, season }))

export const HOUR_NAMES: Readonly<Record<Hour, { zh: string; en: string }>> = {
  morning: { zh: '晨', en: 'Morning' },
  day: { zh: '昼', en: 'Day' },
  dusk: { zh: '暮', en: 'Dusk' },
  night: { zh: '夜', en: 'Night' },
}
export const SEASON_NAMES: Readonly<Record<Season, { zh: string; en: string }>> = {
  spring: { zh: '春', en: 'Spring' },
  summer: { zh: '夏', en: 'Summer' },
  autumn: { zh: '秋', en: 'Autumn' },
  winter: { zh: '冬', en: 'Winter' },
}

const DAY_MS = 86_400_000
const CHINA_MS = 8 * 3_600_000
const rad = (deg: number): number => (deg * Math.PI) / 180
const sin = (deg: number): number => Math.sin(rad(deg))

/** Terrestrial minus universal time, in seconds, 1900 to 2150. */
function deltaT(year: number): number {
  const t = year - 2000
  if (year < 1920) {
    const u = year - 1900
    return -2.79 + 1.494119 * u - 0.0598939 * u ** 2 + 0.0061966 * u ** 3 - 0.000197 * u ** 4
  }
  if (year < 1941) {
    const u = year - 1920
    return 21.2 + 0.84493 * u - 0.0761 * u ** 2 + 0.0020936 * u ** 3
  }
  if (year < 1961) {
    const u = year - 1950
    return 29.07 + 0.407 * u - u ** 2 / 233 + u ** 3 / 2547
  }
  if (year < 1986) {
    const u = year - 1975
    return 45.45 + 1.067 * u - u ** 2 / 260 - u ** 3 / 718
  }
  if (year < 2005)
    return 63.86 + 0.3345 * t - 0.060374 * t ** 2 + 0.0017275 * t ** 3 + 0.000651814 * t ** 4 + 0.00002373599 * t ** 5
  if (year < 2050) return 62.92 + 0.32217 * t + 0.005589 * t ** 2
  return -20 + 32 * ((year - 1820) / 100) ** 2 - 0.5628 * (2150 - year)
}

/** Julian centuries of dynamical time since J2000. */
function centuries(ms: number): number {
  const year = 1970 + ms / (365.25 * DAY_MS)
  return (ms / DAY_MS + 2440587.5 + deltaT(year) / 86_400 - 2451545) / 36525
}

/** The sun's true geometric elements at an instant, in degrees. */
function sun(ms: number): { longitude: number; mean: number; tilt: number } {
  const t = centuries(ms)
  const mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
  const m = 357.52911 + 35999.05029 * t - 0.0001537 * t * t
  const center =
    (1.914602 - 0.004817 * t - 0.000014 * t * t) * sin(m) +
    (0.019993 - 0.000101 * t) * sin(2 * m) +
    0.000289 * sin(3 * m)
  const node = 125.04 - 1934.136 * t
  const longitude = mean + center - 0.00569 - 0.00478 * sin(node)
  return {
    longitude: ((longitude % 360) + 360) % 360,
    mean,
    tilt: 23.43929111 - 0.0130042 * t + 0.00256 * Math.cos(rad(node)),
  }
}

/** The apparent longitude of the sun, 0 to 360 degrees. */
export const solarLongitude = (date: Date): number => sun(date.getTime()).longitude

/** The solar term that holds on the civil day of China in which `date` lies, 1900 to 2100. */
export function solarTerm(date: Date): SolarTerm {
  // The term of a day is the last one reached before that day ends.
  const end = (Math.floor((date.getTime() + CHINA_MS) / DAY_MS) + 1) * DAY_MS - CHINA_MS - 1
  const term = TERMS[Math.floor(sun(end).longitude / 15) % 24]
  if (!term) throw new RangeError(`no solar term for ${String(date)}; give a valid date`)
  return term
}

/** Sunrise and sunset of the place's solar day around `date`, as instants; none in a polar day or night. */
export function sunTimes(date: Date, latitude: number, longitude: number): { rise: Date; set: Date } | 'day' | 'night' {
  const shiftMs = (longitude / 15) * 3_600_000
  const noon = (Math.floor((date.getTime() + shiftMs) / DAY_MS) + 0.5) * DAY_MS - shiftMs
  const s = sun(noon)
  const declination = Math.asin(sin(s.tilt) * sin(s.longitude))
  const ascension = Math.atan2(Math.cos(rad(s.tilt)) * sin(s.longitude), Math.cos(rad(s.longitude)))
  const offDeg = ((((s.mean - 0.0057183 - (ascension * 180) / Math.PI) % 360) + 540) % 360) - 180
  const transit = noon - offDeg * 240_000
  const cosine =
    (sin(-0.833) - sin(latitude) * Math.sin(declination)) / (Math.cos(rad(latitude)) * Math.cos(declination))
  if (cosine < -1) return 'day'
  if (cosine > 1) return 'night'
  const half = ((Math.acos(cosine) * 180) / Math.PI) * 240_000
  return { rise: new Date(transit - half), set: new Date(transit + half) }
}

const MINUTE_MS = 60_000

/** Morning: half an hour before sunrise to two and a half hours after. Dusk: an hour before sunset to three quarters after. */
export function hourOf(date: Date, latitude = 39.9, longitude = 116.4): Hour {
  const times = sunTimes(date, latitude, longitude)
  if (typeof times === 'string') return times
  const now = date.getTime()
  const [rise, set] = [times.rise.getTime(), times.set.getTime()]
  if (now < rise - 30 * MINUTE_MS || now >= set + 45 * MINUTE_MS) return 'night'
  if (now < Math.min(rise + 150 * MINUTE_MS, (rise + set) / 2)) return 'morning'
  return now < set - 60 * MINUTE_MS ? 'day' : 'dusk'
}

/** The hour whose palette suits the page's theme: a page fixed to light shows no night, a page fixed to dark no day. */
export function hourIn(theme: 'light' | 'dark', hour: Hour): Hour {
  const dark = hour === 'dusk' || hour === 'night'
  if (theme === 'dark') return dark ? hour : 'night'
  return dark ? 'morning' : hour
}
