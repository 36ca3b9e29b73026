/** A formula and the same formula with its numbers, drawn side by side: each number stands over its name. */

export interface Term {
  kind: 'number'
  value: string
  name: string
}
export interface Sign {
  kind: 'sign'
  sign: string
}
export type Piece = Term | Sign

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/(),])/y
const SHOWN: Record<string, string> = { '*': '×', '/': '÷', '-': '−' }
/** The most pieces that can still be read as a drawing. Longer ones are given as text. */
const MOST = 16

/** The haircuts of the programme, which every formula ends with. Left out when they take nothing. */
const HAIRCUTS = / \* additionality \* \(1 - conservative_cut\)$/
const NO_HAIRCUT = / \* 1 \* \(1 - 0\)$/

function tokens(text: string): string[] | null {
  const found: string[] = []
  TOKEN.lastIndex = 0
  const whole = text.trimEnd()
  while (TOKEN.lastIndex < whole.length) {
    const match = TOKEN.exec(whole)
    if (!match?.[1]) return null
    found.push(match[1])
  }
  return found
}

/** Put the two side by side; null when they have no common shape, or are too long to draw. */
export function drawn(formula: string, withNumbers: string): { pieces: Piece[]; whole: boolean } | null {
  const whole = HAIRCUTS.test(formula) && NO_HAIRCUT.test(withNumbers)
  let names = tokens(whole ? formula.replace(HAIRCUTS, '') : formula)
  let values = tokens(whole ? withNumbers.replace(NO_HAIRCUT, '') : withNumbers)
  if (!names || !values || names.length !== values.length) return null
  if (whole && wrapped(names)) {
    names = names.slice(1, -1)
    values = values.slice(1, -1)
  }
  if (names.length > MOST) return null
  const pieces: Piece[] = []
  for (const [at, name] of names.entries()) {
    const value = values[at] as string
    if (/^\d/.test(value)) pieces.push({ kind: 'number', value, name: /^\d/.test(name) ? '' : name })
    else if (name === value && /^[-+*/()]$/.test(name)) pieces.push({ kind: 'sign', sign: SHOWN[name] ?? name })
    else return null
  }
  return { pieces, whole }
}

/** One pair of parentheses around everything says nothing. */
function wrapped(names: string[]): boolean {
  let depth = 0
  return names.every((token, at) => {
    depth += token === '(' ? 1 : token === ')' ? -1 : 0
    return depth > 0 || (at === names.length - 1 && token === ')')
  })
}

/** Whether a formula names it. */
export const names = (formula: string, id: string): boolean => new RegExp(`\\b${id}\\b`).test(formula)

/** In the order in which a formula names them; those it does not name come after. */
export function inOrder<T extends { id: string }>(formula: string, all: readonly T[]): T[] {
  const place = ({ id }: T) => (names(formula, id) ? formula.search(new RegExp(`\\b${id}\\b`)) : formula.length)
  return [...all].sort((a, b) => place(a) - place(b))
}
