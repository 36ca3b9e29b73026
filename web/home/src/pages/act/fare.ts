/** The band of distances that a fare stands for, from the sentence in which the explanation tells it. */

export interface FareBand {
  from: number
  to: number | null
  claimed: number
  mean: number
}

const N = '(\\d+(?:\\.\\d+)?)'
const TOLD = new RegExp(`(?:> ${N}|${N}–${N}) km in the city's table.*?${N} km is taken \\(mean ${N} km\\)`)

/** null where the sentence tells no band. */
export function fareBand(english: string): FareBand | null {
  const found = TOLD.exec(english)
  if (!found) return null
  return {
    from: Number(found[1] ?? found[2]),
    to: found[3] ? Number(found[3]) : null,
    claimed: Number(found[4]),
    mean: Number(found[5]),
  }
}
