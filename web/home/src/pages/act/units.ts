/** Units as the methodology writes them ("g/km", "km/event"), in the reader's words. */
import { language } from '@/preferences'

const ZH: Record<string, string> = {
  event: '次',
  ride: '次乘车',
  sheet: '张纸',
  card: '张卡',
  visit: '次到网点',
  step: '步',
  kWh: '度电',
  L: '升',
  yuan: '元',
  C_g: 'g 碳',
}
const EN: Record<string, string> = { event: 'act', yuan: 'yuan', C_g: 'g carbon' }

/** "g/km", "km/次"; nothing for a pure number. */
export function unitText(unit: string): string {
  if (unit === '1') return ''
  const known = language.value === 'zh' ? ZH : EN
  return unit
    .split('/')
    .map((part) => known[part] ?? part)
    .join('/')
}

/** After an amount of activity: "4.9 km", "1 次", "3 acts", "6,000 步". */
export function unitAfter(unit: string, amount: number): string {
  if (language.value === 'zh') return unitText(unit)
  const word = EN[unit] ?? unit
  return ['km', 'kWh', 'L', 'g'].includes(word) || amount === 1 ? word : `${word}s`
}
