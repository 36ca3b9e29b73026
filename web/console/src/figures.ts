/** Figures as the desk writes them: exact decimals in, a number and its unit out. What is unknown is no zero. */
import { language } from '@ditan/shared/preferences'

import type { Schema } from '@/api/client'

export type Unit = Schema['Unit']
export interface Shown {
  number: string
  unit: string
}

/** Unknown. Zero is `0`, not applicable is said in words. */
export const UNKNOWN = '—'
const ZONE = 'Asia/Shanghai'
const MG_PER_KG = 1_000_000
const MG_PER_T = 1_000_000_000

const zh = () => language.value === 'zh'
const locale = () => (zh() ? 'zh-CN' : 'en-GB')

/** A true minus sign stands as wide as a plus. */
const minus = (text: string): string => text.replace(/^-/, '−')

export const number = (value: number, options: Intl.NumberFormatOptions = {}): string =>
  minus(new Intl.NumberFormat(locale(), options).format(value))

/** Three figures, and never fewer than the whole units. */
const three = (value: number): string =>
  Math.abs(value) >= 1_000
    ? number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
    : number(value, { minimumSignificantDigits: value === 0 ? 1 : 3, maximumSignificantDigits: 3 })

/** Grams, kilograms or tonnes, by the size of the largest beside it. */
export function mass(mg: number, largest = mg): Shown {
  const size = Math.abs(largest)
  if (size >= MG_PER_T) return { number: three(mg / MG_PER_T), unit: 't' }
  if (size >= MG_PER_KG) return { number: three(mg / MG_PER_KG), unit: 'kg' }
  return { number: number(mg / 1_000, { maximumFractionDigits: size < 10_000 ? 1 : 0 }), unit: 'g' }
}

const LARGE = 1_000_000

/** Whole things: all digits below a million, then 602.3 万 and 4.13 亿, or 6.02 M. */
export function whole(value: number): Shown {
  const size = Math.abs(value)
  if (size < LARGE) return { number: number(value, { maximumFractionDigits: 0 }), unit: '' }
  const [scale, unit, digits] = !zh() ? [1e6, 'M', 2] : size < 1e8 ? [1e4, '万', 1] : [1e8, '亿', 2]
  return {
    number: number(value / scale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    unit,
  }
}

/** Fen as yuan: two decimals below ten thousand yuan, whole yuan above. */
export function yuan(fen: number): string {
  const value = fen / 100
  const sign = value < 0 ? '−' : ''
  const large = Math.abs(value) >= 10_000
  const { number: text, unit } = large ? whole(Math.abs(Math.round(value))) : { number: '', unit: '' }
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  return `${sign}¥${large ? text : number(Math.abs(value), digits)}${unit && ` ${unit}`}`
}

const COUNTED: Partial<Record<Unit, [string, string]>> = {
  accounts: ['户', ''],
  cards: ['张', ''],
  acts: ['笔', ''],
  trees: ['棵', ''],
  orders: ['单', ''],
  energy: ['', ''],
}

/** A value of the API in its unit. */
export function shown(value: string | null | undefined, unit: Unit): Shown {
  if (value === null || value === undefined) return { number: UNKNOWN, unit: '' }
  const amount = Number(value)
  switch (unit) {
    case 'share':
      return { number: `${number(amount * 100, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}%`, unit: '' }
    case 'fen':
    case 'fen_per_account':
      return { number: yuan(amount), unit: '' }
    case 'fen_per_kg':
      return { number: yuan(amount), unit: '/ kg' }
    case 'mg':
      return carbon(amount)
    case 'mg_per_account':
      return carbon(amount, zh() ? '/ 户' : 'each')
    default: {
      const { number: text, unit: scale } = whole(amount)
      return { number: text, unit: `${scale}${COUNTED[unit]?.[zh() ? 0 : 1] ?? ''}` }
    }
  }
}

function carbon(mg: number, per = ''): Shown {
  const { number: text, unit } = mass(mg)
  return { number: text, unit: [`${unit}${unit === 't' ? 'CO₂e' : ' CO₂e'}`, per].filter(Boolean).join(' ') }
}

/** In one piece: "1,284.6 tCO₂e", "61.8%". */
export function text(value: string | null | undefined, unit: Unit): string {
  const { number: amount, unit: name } = shown(value, unit)
  return name ? `${amount} ${name}` : amount
}

/** From the old value to the new: a share in points, all else in percent. Nothing from zero or from the unknown. */
export function change(value: string | null, previous: string | null, unit: Unit): string | null {
  if (value === null || previous === null) return null
  const [now, then] = [Number(value), Number(previous)]
  const signed: Intl.NumberFormatOptions = {
    signDisplay: 'exceptZero',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }
  if (unit === 'share') return `${number((now - then) * 100, signed)}${zh() ? ' 个百分点' : ' pp'}`
  if (then === 0) return null
  return `${number(((now - then) / Math.abs(then)) * 100, signed)}%`
}

/** An interval, once and in full, in the unit of its value: "861 – 2,240". Of a share, its half width: "±0.7". */
export function interval(
  low: string | null,
  high: string | null,
  unit: Unit,
  value: string | null = high,
): string | null {
  if (low === null || high === null) return null
  if (unit === 'share') {
    const half = ((Number(high) - Number(low)) / 2) * 100
    return `±${number(half, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}`
  }
  const of = Math.abs(Number(value ?? high))
  const one = (end: string) =>
    unit === 'mg' || unit === 'mg_per_account' ? massOf(Number(end), of) : shown(end, unit).number
  return `${one(low)} – ${one(high)}`
}

/** An end of an interval: in the unit of the value, and no more precise. */
function massOf(mg: number, value: number): string {
  const scale = value >= MG_PER_T ? MG_PER_T : value >= MG_PER_KG ? MG_PER_KG : 1_000
  const digits = value / scale >= 100 ? 0 : value / scale >= 10 ? 1 : 2
  return number(mg / scale, { maximumFractionDigits: digits })
}

/** A tick of an axis: 12 万, 120 k. */
export function tick(value: number): string {
  const size = Math.abs(value)
  if (zh() && size >= 1e4) return `${number(value / 1e4, { maximumFractionDigits: 1 })} 万`
  if (!zh() && size >= 1e6) return `${number(value / 1e6, { maximumFractionDigits: 1 })} M`
  if (!zh() && size >= 1e4) return `${number(value / 1e3, { maximumFractionDigits: 1 })} k`
  return number(value, { maximumFractionDigits: size < 1 ? 2 : 1 })
}

const parts = (at: string | Date, options: Intl.DateTimeFormatOptions) =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, hourCycle: 'h23', ...options })
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  )

const DIGITS: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' }
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' }

/** An instant to the second, in the bank's zone: "2026-11-22 09:05:00". */
export function exact(at: string | Date): string {
  const p = parts(at, { ...DIGITS, ...CLOCK })
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** The same to the minute: "11-22 09:05". */
export const minute = (at: string | Date): string => exact(at).slice(5, 16)

/** A business day without its year: "11-22". */
export const monthDay = (day: string): string => day.slice(5)

/** A Saturday or Sunday. A date without a time is a business day, in every zone. */
export const weekend = (day: string): boolean => [0, 6].includes(new Date(`${day}T00:00Z`).getUTCDay())
