/** What a card is called: most banks give its last digits, some a name of their own. */
import type { Schema } from '@/api/client'
import { language } from '@/preferences'
import { words } from '@/words'

export const cardWords = words(
  { debit: '借记卡', credit: '信用卡', quickpass: '云闪付' },
  { debit: 'Debit card', credit: 'Credit card', quickpass: 'QuickPass' },
)

type Named = Pick<Schema['CardState'], 'product' | 'label'>

export function cardName({ product, label }: Named): string {
  const kind = cardWords[language.value][product]
  if (!label) return kind
  if (!/^\d+$/.test(label)) return label
  return language.value === 'zh' ? `${kind} 尾号 ${label}` : `${kind} ending ${label}`
}
