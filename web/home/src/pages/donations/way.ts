/** The way of a donation, from the pledge to the receipt, as steps. */
import type { Schema } from '@/api/client'
import { date } from '@/format'
import type { Step } from '@/parts/steps'

type Say = (key: string) => string
export type Donation = Schema['Donation']

const WAY = ['pledged', 'given', 'sent', 'received'] as const

/** What was done has its day; the next step says who does it; of an undone one only how it ended. */
export function wayOf(it: Donation, t: Say, ended: string): Step[] {
  const days = { pledged: it.pledged_at, given: it.given_at, sent: it.sent_at, received: it.received_at }
  const reached = WAY.filter((step) => days[step] !== null)
  const steps: Step[] = reached.map((step) => ({
    key: step,
    name: t(step),
    told: date(days[step] ?? it.pledged_at),
    proof: step === 'received' && it.receipt ? it.receipt : undefined,
    how: 'done',
  }))
  if (it.where === 'undone') return [...steps, { key: 'undone', name: t('undone'), told: ended, how: 'off' }]
  const ahead = WAY.filter((step) => days[step] === null)
  return [
    ...steps,
    ...ahead.map((step, i): Step => ({ key: step, name: t(step), told: t(`${step}Next`), how: i ? 'later' : 'next' })),
  ]
}
