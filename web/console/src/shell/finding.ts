/** What somebody may mean who pastes an id. Nothing is asked of the API: a customer is looked at with a reason only. */
export interface Meant {
  kind: 'proposal' | 'customer'
  ref: string
  to: string
}

const PROPOSAL = /^proposal_[0-9A-Za-z]{26}$/
const ACT = /^act_/ // is found on its customer's timeline: alone it does not say whose it is
const REFERENCE = /^[\w.:-]{4,64}$/
const CARD = /^\d{13,19}$/ // never a search: card numbers are nowhere in Ditan, and must not get into a history

export function meant(text: string): Meant[] {
  const ref = text.trim()
  if (PROPOSAL.test(ref)) return [{ kind: 'proposal', ref, to: `/changes/${ref}` }]
  if (!REFERENCE.test(ref) || CARD.test(ref) || ACT.test(ref) || !/[\d_-]/.test(ref)) return []
  return [{ kind: 'customer', ref, to: `/customers/${encodeURIComponent(ref)}` }]
}
