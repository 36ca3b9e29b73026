/** Grams, energy, money and time as a reader writes them. Integers in; nothing here is counted on with. */
import { language, largeType } from './preferences'

const ZONE = 'Asia/Shanghai'
const MG_PER_G = 1_000
const MG_PER_KG = 1_000_000

const locale = () => (language.value === 'zh' ? 'zh-CN' : 'en-GB')

export interface Amount {
  number: string
  unit: string
}

/** Milligrams of CO2e as g below a kilogram and kg above it. Half a gram more or less shows below 10 kg. */
export function grams(mg: number, options: { signed?: boolean } = {}): Amount {
  const large = Math.abs(mg) >= MG_PER_KG
  const value = large ? mg / MG_PER_KG : mg / MG_PER_G
  const digits = large ? 2 : Math.abs(value) < 100 && value % 1 !== 0 ? 1 : Math.abs(value) < 1_000 ? 1 : 0
  const number = new Intl.NumberFormat(locale(), {
    minimumFractionDigits: large ? 2 : 0,
    maximumFractionDigits: digits,
    signDisplay: options.signed ? 'exceptZero' : 'auto',
  }).format(value)
  const unit = large
    ? largeType.value && language.value === 'zh'
      ? '公斤'
      : 'kg'
    : largeType.value && language.value === 'zh'
      ? '克'
      : 'g'
  return { number, unit }
}

/** The same in one piece: "340.9 g". */
export function gramsText(mg: number, options: { signed?: boolean } = {}): string {
  const { number, unit } = grams(mg, options)
  return `${number} ${unit}`
}

/** Whole points of energy. They have no unit. */
export const points = (energy: number, options: { signed?: boolean } = {}): string =>
  new Intl.NumberFormat(locale(), { signDisplay: options.signed ? 'exceptZero' : 'auto' }).format(energy)

export const count = (value: number): string => new Intl.NumberFormat(locale()).format(value)

/** Fen as yuan: "4.00 元", "¥4.00". */
export function yuan(fen: number): string {
  const value = new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(
    fen / 100,
  )
  return language.value === 'zh' ? `${value} 元` : `¥${value}`
}

/** A decimal as the API writes it, with the reader's separators and at most `digits` decimals. */
export const decimal = (text: string, digits = 4): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(Number(text))

const when = (options: Intl.DateTimeFormatOptions) => (at: string | Date) =>
  new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(new Date(at))

/** A date without a time ("2026-07-03") stays that date in every zone. */
export const day = when({ month: 'short', day: 'numeric' })
export const date = when({ year: 'numeric', month: 'long', day: 'numeric' })
export const month = when({ year: 'numeric', month: 'long' })
export const time = when({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
export const moment = when({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** The business day or month an instant lies in: "2026-07-03", "2026-07". */
export const dayKey = (at: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
export const monthKey = (at: Date): string => dayKey(at).slice(0, 7)
