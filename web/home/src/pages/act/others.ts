/** What the methodology says about other programs' numbers, taken apart into amounts that bars can be drawn of. */
import type { Text } from '@/api/client'

export interface Other {
  name: string
  grams: number
}

const ZH = /^(.+?)\s*(\d+(?:\.\d+)?) g(?:\/[次笔张期])?$/
const EN = /^(.+?)(?: gives)? (\d+(?:\.\d+)?) g(?: (?:a|for) [^;]+)?$/
const OURS = /^(本方法|模型|未见|the model|ours|no published)/i

/** Amounts for one act in a sentence. What is given per kilometer, or is ours, is left to the sentence itself. */
export function others(sentence: Text, language: 'zh' | 'en'): Other[] {
  const parts = sentence[language].split(language === 'zh' ? /[；，：。]/ : /[;:,] |\. |\.$/)
  return parts.flatMap((part) => {
    const match = OURS.test(part.trim()) ? null : (language === 'zh' ? ZH : EN).exec(part.trim())
    return match?.[1] && match[2] ? [{ name: match[1], grams: Number(match[2]) }] : []
  })
}
