/** What somebody may mean who pastes an id. Nothing is asked of the API: a customer is looked at with a reason only. */
export interface Meant {
  kind: 'act' | 'customer'
  ref: string
  to: string
}

const ACT = /^act_[0-9a-z_-]{6,}$/i
const REFERENCE = /^[\w.:-]{4,64}$/
const CARD = /^\d{13,19}$/ // never a search: card numbers are nowhere in Ditan, and must not get into a history

export function meant(text: string): Meant[] {
  const ref = text.trim()
  if (ACT.test(ref)) return [{ kind: 'act', ref, to: `/customers/acts/${ref}` }]
  if (!REFERENCE.test(ref) || CARD.test(ref) || !/[\d_-]/.test(ref)) return []
  return [{ kind: 'customer', ref, to: `/customers/${encodeURIComponent(ref)}` }]
}
