/** The way of a tree, from its number to the survey, as steps. */
import { count, date } from '@/format'
import type { Step } from '@/parts/steps'

import { type Certificate, growthOf } from './groups'

/** Words in the reader's language; `n` chooses between one and many. */
export type Say = (key: string, given?: Record<string, unknown>, n?: number) => string

/** What happened, with day and evidence, then what is still to come. A void certificate goes nowhere. */
export function wayOf(it: Certificate, t: Say, ended: string): Step[] {
  const steps: Step[] = [{ key: 'issued', name: t('stepIssued'), told: date(it.issued_on), how: 'done' }]
  const again = it.history.some(({ kind }) => kind === 'replaced')
  if (it.planting_id !== null && !again) {
    const told = t('batchOf', { no: it.planting_id, n: count(it.trees ?? 0) }, it.trees ?? 0)
    steps.push({ key: 'planned', name: t('stepPlanned'), told, how: 'done' })
  }
  steps.push(...happened(it, t))
  if (it.state === 'refunded') return steps
  if (it.state === 'failed')
    return [...steps, { key: 'ahead', name: t('stepAhead'), told: t('failedNext'), how: 'next' }]
  if (growthOf(it.state) === 'void') return [...steps, { key: 'ended', name: t('stepEnded'), told: ended, how: 'off' }]
  return [...steps, ...ahead(it, t)]
}

/** Events of the planting and of the tree alone, by their days. What was told of an earlier planting comes first. */
function happened(it: Certificate, t: Say): Step[] {
  const planting = it.events.map(({ kind, on, trees, evidence }, i) => {
    const told = t(`told_${kind}`, { day: date(on), n: count(trees), of: count(it.trees ?? trees) }, trees)
    return { on, step: { key: `p${i}`, name: t(`step_${kind}`), told, proof: evidence, how: 'done' } as Step }
  })
  const own = it.history.map(({ kind, on, evidence, planting_id }, i) => {
    const told = t('toldOfTree', { day: date(on), no: planting_id })
    const how = kind === 'replaced' ? 'done' : 'off'
    return {
      kind,
      on,
      planting_id,
      step: { key: `t${i}`, name: t(`tree_${kind}`), told, proof: evidence, how } as Step,
    }
  })
  const before = own.filter(({ kind, planting_id }) => kind === 'replaced' || planting_id !== it.planting_id)
  const after = own.filter((one) => !before.includes(one))
  return [...before, ...planting, ...after].sort((a, b) => a.on.localeCompare(b.on)).map(({ step }) => step)
}

function ahead(it: Certificate, t: Say): Step[] {
  const seen = new Set<string>(it.events.map(({ kind }) => kind))
  const to: [string, string, string][] = []
  if (it.planting_id === null) to.push(['planned', t('stepPlanned'), t('plannedNext')])
  if (!seen.has('planted')) to.push(['planted', t('step_planted'), t('plantedNext')])
  if (!seen.has('surveyed')) to.push(['surveyed', t('step_surveyed'), t('surveyedNext')])
  return to.map(([key, name, told], i) => ({ key, name, told, how: i ? 'later' : 'next' }))
}
