/** The certificate as a drawing: boxes, pictures and words on a sheet, described once. The page shows it as SVG, and the
    phone paints the same description into a picture that can be kept. Nothing on it says whose the tree is. */
import type { Mark } from '@ditan/shared/scene/pen'

/** Colors of tokens.css, by their names there. */
export type Ink = 'up' | 'paper' | 'ink' | 'ink-2' | 'rule-2' | 'rule-x' | 'green-1' | 'warm' | 'seal' | 'on-green'

export interface Word {
  text: string
  x: number
  y: number
  size: number
  ink: Ink
  bold?: boolean
  family?: 'font' | 'serif' | 'mono'
  middle?: boolean
  spacing?: number
}
export interface Box {
  x: number
  y: number
  w: number
  h: number
  fill?: Ink
  stroke?: Ink
  line?: number
}
export interface Picture {
  x: number
  y: number
  w: number
  h: number
  marks: Mark[]
}
export interface Sheet {
  width: number
  height: number
  boxes: Box[]
  pictures: Picture[]
  words: Word[]
}

/** What is written on it, in the reader's language. */
export interface Written {
  bank: string
  title: string
  number: string
  state: string
  warning?: string | undefined
  rows: readonly { name: string; told: string }[]
  note: string
  verify: string
  address: string
  seal: string
  marks: (width: number, height: number) => Mark[]
}

const WIDTH = 360
const EDGE = 12
const LEFT = 34
const VALUE = 112

const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]/

/** About how wide a text is, in em. Generous: what fits by this, fits. */
export function widthOf(text: string, mono = false): number {
  let em = 0
  for (const sign of text)
    em += WIDE.test(sign)
      ? 1
      : mono
        ? 0.61
        : /[A-Z0-9mwMW@—]/.test(sign)
          ? 0.66
          : /[ .,:;il'/|-]/.test(sign)
            ? 0.34
            : 0.56
  return em
}

/** Break a text into lines of at most `em`: at spaces, between Chinese signs, and within a word only if it must be. */
export function lines(text: string, em: number, mono = false): string[] {
  const pieces =
    text.match(
      /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]|\s+|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]+/g,
    ) ?? []
  const out: string[] = []
  let line = ''
  const push = (piece: string) => {
    if (widthOf(line + piece.trimEnd(), mono) <= em || !line.trim()) line += piece
    else {
      out.push(line.trim())
      line = piece.trimStart()
    }
  }
  for (const piece of pieces) {
    if (widthOf(piece, mono) <= em) push(piece)
    // An address breaks after its slashes and dashes, a longer word anywhere.
    else
      for (const part of piece.match(/[^/#?&=-]*[/#?&=-]|[^/#?&=-]+$/g) ?? []) {
        if (widthOf(part, mono) <= em) push(part)
        else for (const sign of part) push(sign)
      }
  }
  if (line.trim()) out.push(line.trim())
  // No line begins with a sign that belongs to the one before it.
  return out
    .map((one, i) => one + (/^[，。；：、）]/.exec(out[i + 1] ?? '')?.[0] ?? ''))
    .map((one, i) => (i && /^[，。；：、）]/.test(one) ? one.slice(1) : one))
    .filter(Boolean)
}

/** Lay everything out from top to bottom; the sheet is as long as what stands on it. */
export function layOut(it: Written): Sheet {
  const words: Word[] = []
  const boxes: Box[] = []
  const middle = WIDTH / 2
  let y = 46
  const centered = (text: string, size: number, lead: number, more: Partial<Word>, em = 300 / size) => {
    for (const line of lines(text, em, more.family === 'mono')) {
      words.push({ text: line, x: middle, y, size, ink: 'ink', middle: true, ...more })
      y += lead
    }
  }
  centered(it.bank, 12, 34, { ink: 'ink-2', spacing: 2 })
  centered(it.title, 26, 30, { family: 'serif', bold: true, spacing: WIDE.test(it.title) ? 6 : 0.5 })
  centered(it.number, 16, 18, { family: 'mono', bold: true, ink: 'green-1' })
  const land = { x: EDGE + 5, y: y - 2, w: WIDTH - 2 * (EDGE + 5), h: 128 }
  const pictures = [{ ...land, marks: it.marks(land.w, land.h) }]
  y = land.y + land.h
  boxes.push(
    { x: land.x, y, w: land.w, h: 1.5, fill: 'rule-x' },
    { x: land.x, y: y + 3, w: land.w, h: 0.5, fill: 'rule-x' },
  )
  y += 32
  centered(it.state, 17, 24, { bold: true })
  if (it.warning) centered(it.warning, 12, 18, { ink: 'warm' })
  y += 2
  for (const { name, told } of it.rows) {
    boxes.push({ x: LEFT, y: y - 12, w: WIDTH - 2 * LEFT, h: 0.75, fill: 'rule-2' })
    y += 6
    const left = lines(name, (VALUE - LEFT - 6) / 12)
    const right = lines(told, (WIDTH - LEFT - VALUE) / 13)
    left.forEach((text, i) => words.push({ text, x: LEFT, y: y + i * 19, size: 12, ink: 'ink-2' }))
    right.forEach((text, i) => words.push({ text, x: VALUE, y: y + i * 19, size: 13, ink: 'ink' }))
    y += Math.max(left.length, right.length) * 19 + 3
  }
  boxes.push({ x: LEFT, y: y - 12, w: WIDTH - 2 * LEFT, h: 0.75, fill: 'rule-2' })
  y += 10
  for (const text of lines(it.note, (WIDTH - 2 * LEFT) / 12)) {
    words.push({ text, x: LEFT, y, size: 12, ink: 'ink-2' })
    y += 18
  }
  y = foot(it, y + 6, words, boxes)
  const height = y + EDGE + 12
  const frame = (by: number, line: number): Box => ({
    x: by,
    y: by,
    w: WIDTH - 2 * by,
    h: height - 2 * by,
    stroke: 'rule-x',
    line,
  })
  boxes.unshift({ x: 0, y: 0, w: WIDTH, h: height, fill: 'up' }, frame(EDGE, 1.5), frame(EDGE + 3.5, 0.5))
  return { width: WIDTH, height, boxes, pictures, words }
}

/** Where it can be looked up, and beside it the seal. Gives the lower end. */
function foot(it: Written, top: number, words: Word[], boxes: Box[]): number {
  const size = 52
  const at = { x: WIDTH - LEFT - size, y: top }
  boxes.push(
    { ...at, w: size, h: size, fill: 'seal' },
    { x: at.x + 3, y: at.y + 3, w: size - 6, h: size - 6, stroke: 'on-green', line: 0.75 },
  )
  const signs = [...it.seal]
  signs.forEach((text, i) => {
    // As a seal is read: from the right column to the left.
    const [column, row] = [i < 2 ? 1 : 0, i % 2]
    words.push({
      text,
      x: at.x + 16 + column * 20,
      y: at.y + 23 + row * 20,
      size: 17,
      ink: 'on-green',
      bold: true,
      family: 'serif',
      middle: true,
    })
  })
  let y = top + 12
  const em = (at.x - LEFT - 12) / 12
  for (const text of lines(it.verify, em)) {
    words.push({ text, x: LEFT, y, size: 12, ink: 'ink-2' })
    y += 18
  }
  for (const text of lines(it.address, em, true)) {
    words.push({ text, x: LEFT, y, size: 12, ink: 'ink', family: 'mono' })
    y += 17
  }
  return Math.max(y - 10, top + size)
}
