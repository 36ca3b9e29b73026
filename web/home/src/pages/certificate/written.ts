/** What stands on a certificate, from what the API says of the tree. */
import { hillside, promisedTree } from '@ditan/shared/scene/grove'
import { merge } from '@ditan/shared/scene/pen'
import { count, date } from '@/format'
import { type Certificate, growthOf, kindOf } from '@/pages/forest/groups'
import type { Say } from '@/pages/forest/way'
import { say } from '@/words'

import type { Written } from './sheet'

/** Where anybody can look it up: this page, below whatever path the bank serves it. */
export const addressOf = (number: string): string =>
  `${location.origin}${location.pathname}#/certificates/${encodeURIComponent(number)}`

/** The facts of a tree, the same on the picture and beside it. */
export function factsOf(it: Certificate, t: Say): { key: string; name: string; told: string }[] {
  return [
    { key: 'species', name: t('species'), told: say(it.species) },
    it.place
      ? { key: 'place', name: t('place'), told: say(it.place) }
      : { key: 'region', name: t('region'), told: say(it.region) },
    { key: 'partner', name: t('partner'), told: say(it.partner) },
    ...(it.contract ? [{ key: 'contract', name: t('contract'), told: it.contract }] : []),
    {
      key: 'batch',
      name: t('batch'),
      told:
        it.planting_id === null
          ? t('noBatch')
          : t('batchOf', { no: it.planting_id, n: count(it.trees ?? 0) }, it.trees ?? 0),
    },
    { key: 'issued', name: t('issued'), told: date(it.issued_on) },
  ]
}

/** The last of each kind of event: a second survey replaces the first on the picture; the page tells all. */
function happened(it: Certificate, t: Say) {
  const last = new Map<string, Certificate['events'][number]>(it.events.map((event) => [event.kind, event]))
  return [...last.values()].map(({ kind, on, trees }) => {
    const given = { day: date(on), n: count(trees), of: count(it.trees ?? trees) }
    return { name: t(kind), told: kind === 'planted' ? given.day : t(`${kind}Of`, given, trees) }
  })
}

export function writtenOf(it: Certificate, t: Say, bank: string, seenOn: Date): Written {
  return {
    bank,
    title: t('title'),
    number: it.number,
    state: say(it.meaning),
    warning: it.made_up ? t('madeUp') : undefined,
    rows: [
      ...factsOf(it, t),
      ...happened(it, t),
      ...(it.status === 'approved' ? [] : [{ name: t('catalogue'), told: t(it.status) }]),
    ],
    note: t('note'),
    verify: t('verify', { day: date(seenOn) }),
    address: addressOf(it.number),
    seal: t('seal'),
    marks: (width, height) =>
      merge([
        ...hillside(width, height),
        ...promisedTree(growthOf(it.state), kindOf(it.picture), width / 2 - 8, height * 0.93, 1.55, 4),
      ]),
  }
}
