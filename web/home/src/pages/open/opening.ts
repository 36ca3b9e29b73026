/** What is decided before an account is opened. Nothing is on until the customer switches it on. */
import { computed, reactive } from 'vue'

import type { Schema } from '@/api/client'
import type { Purpose } from '@/parts/purpose'

type Consent = Schema['ConsentState']
type Card = Schema['CardState']

/** Steps come from the phone; everything else is read from cards, so there are cards to choose. */
const FROM_CARDS: readonly Purpose[] = ['card_payments', 'whereabouts']

export function useChoices() {
  const purposes = reactive(new Set<Purpose>())
  const cards = reactive(new Set<string>())
  const flip = <T>(chosen: Set<T>, one: T) => void (chosen.delete(one) || chosen.add(one))
  return {
    purposes,
    cards,
    flipPurpose: (purpose: Purpose) => flip(purposes as Set<Purpose>, purpose),
    flipCard: (ref: string) => flip(cards as Set<string>, ref),
    needsCards: computed(() => FROM_CARDS.some((purpose) => purposes.has(purpose))),
  }
}

/** The one request that opens: the consents that are on, to the texts that were shown, and the cards. */
export const opening = (
  consents: readonly Consent[],
  purposes: ReadonlySet<Purpose>,
  cards: Iterable<string>,
): Schema['Opening'] => ({
  consents: consents
    .filter(({ text }) => purposes.has(text.purpose))
    .map(({ text }) => ({ purpose: text.purpose, version: text.version })),
  cards: [...cards],
})

/** Cards that can be chosen, by product, as they come. */
export const byProduct = (cards: readonly Card[]) =>
  (['debit', 'credit'] as const)
    .map((product) => ({ product, cards: cards.filter((card) => card.product === product) }))
    .filter((group) => group.cards.length)
