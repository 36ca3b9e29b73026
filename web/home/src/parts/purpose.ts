/** What the rows of a consent are called, and its picture. */
import type { IconName } from '@ditan/shared/icons/icons'
import type { Schema } from '@/api/client'
import { words } from '@/words'

export type Purpose = Schema['ConsentText']['purpose']

export const PURPOSE_ICONS: Record<Purpose, IconName> = {
  card_payments: 'card',
  whereabouts: 'pin',
  steps: 'walking_steps',
}

export const purposeWords = words(
  { data: '看什么', why: '做什么', kept: '留多久', without: '不开' },
  { data: 'We read', why: 'We use it', kept: 'We keep', without: 'If off' },
)
