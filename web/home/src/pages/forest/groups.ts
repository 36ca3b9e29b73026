/** A customer's trees as they are told: by planting, by state, and as many as a picture can hold. */
import type { Schema } from '@/api/client'

import type { Growth, Kind } from '@ditan/shared/scene/grove'

export type Certificate = Schema['Certificate']
export type Forest = Schema['Forest']
export type OwnTree = Schema['OwnTree']

const GROWTHS: Record<Certificate['state'], Growth> = {
  waiting: 'waiting',
  planned: 'planned',
  planted: 'planted',
  surveyed: 'surveyed',
  replaced: 'replaced',
  replanted: 'replaced',
  failed: 'failed',
  refunded: 'void',
  given_back: 'void',
}

/** How a tree is drawn. */
export const growthOf = (state: Certificate['state']): Growth => GROWTHS[state]
export const kindOf = (picture: string): Kind => (picture === 'pine' || picture === 'saxaul' ? picture : 'tree')

/** Trees that share everything but their numbers: of one planting and one fate, or waiting for one. */
export interface Batch {
  key: string
  growth: Growth
  first: Certificate
  trees: OwnTree[]
}

/** By planting, the latest first; those that wait before them, those that are void after them. */
export function batches(trees: readonly OwnTree[]): Batch[] {
  const found = new Map<string, Batch>()
  for (const tree of trees) {
    const { certificate: it } = tree
    const growth = growthOf(it.state)
    const place = it.planting_id ?? `${it.species.zh} ${it.region.zh} ${it.partner.zh}`
    const own = growth === 'void' ? it.state : ''
    const key = `${place} ${own} ${JSON.stringify(it.history)}`
    const batch = found.get(key)
    if (batch) batch.trees.push(tree)
    else found.set(key, { key, growth, first: it, trees: [tree] })
  }
  const rank = ({ growth }: Batch) => (growth === 'void' ? 2 : growth === 'waiting' ? 0 : 1)
  return [...found.values()].sort(
    (a, b) => rank(a) - rank(b) || (b.first.planting_id ?? 0) - (a.first.planting_id ?? 0),
  )
}

const OLDEST_FIRST: readonly Growth[] = ['surveyed', 'replaced', 'planted', 'failed', 'planned', 'waiting', 'ordered']

export interface Drawn {
  growth: Growth
  kind: Kind
}

/** Every tree that is to be drawn, those that have come farthest first. What is void stands nowhere. */
export function drawn(forest: Forest): Drawn[] {
  const all: Drawn[] = forest.trees.map(({ certificate }) => ({
    growth: growthOf(certificate.state),
    kind: kindOf(certificate.picture),
  }))
  for (const { quantity, picture } of forest.to_come)
    for (let n = 0; n < quantity; n++) all.push({ growth: 'ordered', kind: kindOf(picture) })
  return OLDEST_FIRST.flatMap((growth) => all.filter((one) => one.growth === growth))
}

/** How many trees there are in each state that there is, in the order of their way. */
export const tally = (trees: readonly Drawn[]): { growth: Growth; kind: Kind; n: number }[] =>
  [...OLDEST_FIRST].reverse().flatMap((growth) => {
    const some = trees.filter((one) => one.growth === growth)
    return some[0] ? [{ growth, kind: some[0].kind, n: some.length }] : []
  })
