/** The 24 solar terms and the four hours of the day, computed from the sun.
 *
 * Solar longitude: P. Bretagnon and J.-L. Simon, Planetary Programs and Tables (1986), the 49 terms as printed by
 * E. Reingold and N. Dershowitz, Calendrical Calculations, ch. 14, with their aberration and nutation: good to about a
 * minute of time. Delta-T: the polynomials of Espenak and Meeus (NASA, eclipse.gsfc.nasa.gov/SEhelp/deltatpoly2004.html).
 * A term falls on the civil day of China (UTC+8) in which the longitude reaches a multiple of 15° (GB/T 33661-2017).
 * Sunrise and sunset: from the same longitude, with the sun's center at -0.833° (J. Meeus, Astronomical Algorithms, ch. 15, 28).
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

// prettier-ignore
const PERIODIC: readonly (readonly [size: number, start: number, speed: number])[] = [
  [403406, 270.54861, 0.9287892], [195207, 340.19128, 35999.1376958], [119433, 63.91854, 35999.4089666], [112392, 331.26220, 35998.7287385],
  [3891, 317.843, 71998.20261], [2819, 86.631, 71998.4403], [1721, 240.052, 36000.35726], [660, 310.26, 71997.4812],
  [350, 247.23, 32964.4678], [334, 260.87, -19.4410], [314, 297.82, 445267.1117], [268, 343.14, 45036.8840],
  [242, 166.79, 3.1008], [234, 81.53, 22518.4434], [158, 3.50, -19.9739], [132, 132.75, 65928.9345],
  [129, 182.95, 9038.0293], [114, 162.03, 3034.7684], [99, 29.8, 33718.148], [93, 266.4, 3034.448],
  [86, 249.2, -2280.773], [78, 157.6, 29929.992], [72, 257.8, 31556.493], [68, 185.1, 149.588],
  [64, 69.9, 9037.750], [46, 8.0, 107997.405], [38, 197.1, -4444.176], [37, 250.4, 151.771],
  [32, 65.3, 67555.316], [29, 162.7, 31556.080], [28, 341.5, -4561.540], [27, 291.6, 107996.706],
  [27, 98.5, 1221.655], [25, 146.7, 62894.167], [24, 110.0, 31437.369], [21, 5.2, 14578.298],
  [21, 342.6, -31931.757], [20, 230.9, 34777.243], [18, 256.1, 1221.999], [17, 45.3, 62894.511],
  [14, 242.9, -4442.039], [13, 115.2, 107997.909], [13, 151.8, 119.066], [13, 285.3, 16859.071],
  [12, 53.3, -4.578], [10, 126.6, 26895.292], [10, 205.7, -39.127], [10, 85.9, 12297.536],
  [10, 146.1, 90073.778],
]

/** The apparent longitude of the sun, 0 to 360 degrees. */
export function solarLongitude(date: Date): number {
  const t = centuries(date.getTime())
  const swing = PERIODIC.reduce((sum, [size, start, speed]) => sum + size * sin(start + speed * t), 0)
  const aberration = 0.0000974 * sin(177.63 + 90 + 35999.01848 * t) - 0.005575
  const nutation =
    -0.004778 * sin(124.9 - 1934.134 * t + 0.002063 * t * t) -
    0.0003667 * sin(201.11 + 72001.5377 * t + 0.00057 * t * t)
  const longitude = 282.7771834 + 36000.76953744 * t + 0.000005729577951308232 * swing + aberration + nutation
  return ((longitude % 360) + 360) % 360
}

/** The solar term that holds on the civil day of China in which `date` lies, 1900 to 2100. */
export function solarTerm(date: Date): SolarTerm {
  // The term of a day is the last one reached before that day ends.
  const end = (Math.floor((date.getTime() + CHINA_MS) / DAY_MS) + 1) * DAY_MS - CHINA_MS - 1
  const term = TERMS[Math.floor(solarLongitude(new Date(end)) / 15) % 24]
  if (!term) throw new RangeError(`no solar term for ${String(date)}; give a valid date`)
  return term
}

/** Sunrise and sunset of the place's solar day around `date`, as instants; none in a polar day or night. */
export function sunTimes(date: Date, latitude: number, longitude: number): { rise: Date; set: Date } | 'day' | 'night' {
  const shiftMs = (longitude / 15) * 3_600_000
  const noon = (Math.floor((date.getTime() + shiftMs) / DAY_MS) + 0.5) * DAY_MS - shiftMs
  const t = centuries(noon)
  const [lambda, tilt] = [solarLongitude(new Date(noon)), 23.43929 - 0.0130042 * t]
  const declination = Math.asin(sin(tilt) * sin(lambda))
  const ascension = Math.atan2(Math.cos(rad(tilt)) * sin(lambda), Math.cos(rad(lambda)))
  const mean = 280.4664567 + 36000.76982779 * t - 0.0057183
  const offDeg = ((((mean - (ascension * 180) / Math.PI) % 360) + 540) % 360) - 180 // the equation of time
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
