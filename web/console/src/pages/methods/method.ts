/** What the page of methodology works out from what the API tells. */
import type { Schema } from '@/api/client'

const DAY_MS = 86_400_000
const SOON_DAYS = 90

/** The number of the next version: the last part plus one, and one more for each that is decided but not yet begun. */
export function nextNumber(number: string, coming = 0): string {
  const found = /^(.*?)(\d+)$/.exec(number)
  return found ? `${found[1]}${Number(found[2]) + 1 + coming}` : `${number}.${2 + coming}`
}

/** The digest of a version, without the number before it. */
export const digest = (version: string): string => version.slice(version.indexOf('+') + 1, version.indexOf('+') + 13)

const dayOf = (day: string) => Date.parse(`${day}T00:00Z`)
export const dayAfter = (day: string): string => new Date(dayOf(day) + DAY_MS).toISOString().slice(0, 10)

/** Days until a factor must be looked at again, when that is soon; negative when it is past. */
export function dueIn(reviewBy: string, on: string): number | null {
  const days = Math.round((dayOf(reviewBy) - dayOf(on)) / DAY_MS)
  return days <= SOON_DAYS ? days : null
}

/** Everything that changes of one thing: its value, source and status stand for themselves, the rest in a list. */
export interface Changed {
  id: string
  kind: 'factor' | 'scenario' | 'pack'
  name: string
  fields: Record<string, Schema['Difference']>
  rest: Schema['Difference'][]
}
const OWN = ['value', 'source.title', 'source.publisher', 'source.page', 'source.reference', 'status', 'known_by']

export function grouped(differences: Schema['Difference'][]): Changed[] {
  const found = new Map<string, Changed>()
  for (const each of differences) {
    const factor = /^factors\.([^.[]+)\.?(.*)$/.exec(each.where)
    const scenario = /^scenarios\[([^\]]+)\]\.?(.*)$/.exec(each.where)
    const [, name = each.where, field = ''] = factor ?? scenario ?? [each.where, each.where, '']
    const kind = factor ? 'factor' : scenario ? 'scenario' : 'pack'
    const id = `${kind} ${name}`
    const one = found.get(id) ?? { id, kind, name, fields: {}, rest: [] }
    if (factor && OWN.includes(field)) one.fields[field] = each
    else one.rest.push({ ...each, where: field || each.where })
    found.set(id, one)
  }
  const order = { factor: 0, scenario: 1, pack: 2 }
  return [...found.values()].sort((a, b) => order[a.kind] - order[b.kind])
}

/** The described customers, each with all of her acts together, whoever moves most first. */
export interface PersonaSum<Name> {
  name: Name
  before: number
  after: number
}

export function summed(personas: Schema['PersonaMoved'][]): PersonaSum<Schema['Text']>[] {
  const found = new Map<string, PersonaSum<Schema['Text']>>()
  for (const each of personas) {
    const one = found.get(each.persona.zh) ?? { name: each.persona, before: 0, after: 0 }
    one.before += each.times * each.carbon_mg_before
    one.after += each.times * each.carbon_mg_after
    found.set(each.persona.zh, one)
  }
  return [...found.values()].sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
}

/** Shares of the distribution between their edges; the one that holds zero apart. The outermost have no edge. */
export interface Step {
  from: number | null
  to: number | null
  customers: number
}
const ENDLESS = -(2 ** 53)

export function steps(distribution: Schema['Share'][]): Step[] {
  return distribution.map(({ at_least_mg, customers }, at) => ({
    from: at_least_mg < ENDLESS ? null : at_least_mg,
    to: distribution[at + 1]?.at_least_mg ?? null,
    customers,
  }))
}
