/** The way of a tree, from its number to the survey, as steps. */
import { count, date } from '@/format'
import type { Step } from '@/parts/steps'

import type { Certificate } from './groups'
import { growthOf } from './groups'

/** Words in the reader's language; `n` chooses between one and many. */
export type Say = (key: string, given?: Record<string, unknown>, n?: number) => string

/** What happened, with day and evidence, then what is still to come. A void certificate goes nowhere. */
export function wayOf(it: Certificate, t: Say, ended: string): Step[] {
  const done = (key: string, name: string, told?: string, proof?: string): Step => ({
    key,
    name,
    told,
    proof,
    how: 'done',
  })
  const steps = [done('issued', t('stepIssued'), date(it.issued_on))]
  if (it.planting_id !== null)
    steps.push(
      done('planned', t('stepPlanned'), t('batchOf', { no: it.planting_id, n: count(it.trees ?? 0) }, it.trees ?? 0)),
    )
  it.events.forEach(({ kind, on, trees, evidence }, i) => {
    const told = t(`told_${kind}`, { day: date(on), n: count(trees), of: count(it.trees ?? trees) }, trees)
    steps.push(done(`${i}`, t(`step_${kind}`), told, evidence))
  })
  if (growthOf(it.state) === 'void') return [...steps, { key: 'ended', name: t('stepEnded'), told: ended, how: 'off' }]
  const happened = new Set(it.events.map(({ kind }) => kind as string))
  const ahead: [string, string, string | undefined][] = []
  if (it.planting_id === null) ahead.push(['planned', t('stepPlanned'), t('plannedNext')])
  if (!happened.has('planted')) ahead.push(['planted', t('step_planted'), t('plantedNext')])
  if (!happened.has('surveyed')) ahead.push(['surveyed', t('step_surveyed'), t('surveyedNext')])
  return [...steps, ...ahead.map(([key, name, told], i): Step => ({ key, name, told, how: i ? 'later' : 'next' }))]
}
