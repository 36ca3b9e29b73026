/** A change on its way: what somebody types, and what is sent of it. */
import type { Schema } from '@/api/client'

type Status = Schema['Status']
type KnownBy = Schema['KnownBy']
export const STATUSES: Status[] = ['draft', 'reviewed', 'approved']
export const WAYS: KnownBy[] = ['found', 'second_hand', 'known', 'assumed', 'calculated', 'policy']
export const CAPS = ['daily_acts', 'monthly_acts', 'energy_daily_acts', 'energy_monthly_acts'] as const
type Typed = number | ''

export interface FactorDraft {
  factor: string
  name: Schema['Text']
  unit: string
  was: string
  value: string
  status: Status
  known_by: KnownBy
  source: { title: string; publisher: string; page: string; reference: string }
}

export interface ScenarioDraft {
  id: string
  was: Schema['ScenarioRow']
  carbon: boolean
  energy: boolean
  tier: string
  points: Typed
  daily_acts: Typed
  monthly_acts: Typed
  energy_daily_acts: Typed
  energy_monthly_acts: Typed
}

/** A new value comes with a new source: only how far it has come is taken over. */
export const factorDraft = (from: Schema['WeakFactor']): FactorDraft => ({
  factor: from.factor,
  name: from.name,
  unit: from.unit,
  was: from.value ?? '',
  value: from.value ?? '',
  status: from.status as Status,
  known_by: from.known_by as KnownBy,
  source: { title: '', publisher: '', page: '', reference: '' },
})

export const scenarioDraft = (was: Schema['ScenarioRow']): ScenarioDraft => ({
  id: was.id,
  was,
  carbon: was.carbon,
  energy: was.energy,
  tier: was.tier,
  points: was.points,
  daily_acts: was.daily_acts ?? '',
  monthly_acts: was.monthly_acts ?? '',
  energy_daily_acts: was.energy_daily_acts ?? '',
  energy_monthly_acts: was.energy_monthly_acts ?? '',
})

/** Only what differs is sent: what is not given stays. */
function scenarioOf(draft: ScenarioDraft): Schema['ScenarioChange'] {
  const { was } = draft
  const made: Schema['ScenarioChange'] = { scenario: draft.id }
  if (draft.carbon !== was.carbon) made.carbon = draft.carbon
  if (draft.energy !== was.energy) made.energy = draft.energy
  if (draft.carbon && draft.tier.trim() !== was.tier) made.tier = draft.tier.trim()
  for (const name of ['points', ...CAPS] as const) {
    const typed = draft[name]
    if (typed !== '' && typed !== was[name]) made[name] = typed
  }
  return made
}

export const changeOf = (factors: FactorDraft[], scenarios: ScenarioDraft[]) => ({
  factors: factors.map(({ factor, value, status, known_by, source }) => ({
    factor,
    value: value.trim(),
    status,
    known_by,
    source,
  })),
  scenarios: scenarios.map(scenarioOf),
})

/** Something changes; every value is a number with a whole source. */
export const ready = (factors: FactorDraft[], scenarios: ScenarioDraft[]): boolean =>
  factors.length + scenarios.length > 0 &&
  factors.every(
    ({ value, source }) =>
      /^-?\d+(\.\d+)?$/.test(value.trim()) && Object.values(source).every((said) => said.trim().length > 0),
  ) &&
  scenarios.every((each) => Object.keys(scenarioOf(each)).length > 1)
