/** The pen: points, path data, marks. Everything the picture is drawn with. */

export type Point = readonly [number, number]
/** From the yard's own x (along the façade), y (towards us), z (up) to the sheet. */
export type Project = (x: number, y: number, z?: number) => Point

/** Every color a mark may have. Each is a variable `--s-NAME` of palettes.css, so a palette can never be by-passed. */
export const PAINTS = [
  'line',
  'soft',
  'edge',
  'sky',
  'sky1',
  'sky2',
  'sky3',
  'sky4',
  'sky5',
  'sun',
  'sun-line',
  'star',
  'cloud',
  'hill1',
  'cap1',
  'hill2',
  'cap2',
  'mist',
  'ground1',
  'ground2',
  'field',
  'path',
  'grass',
  'flower',
  'petal',
  'water',
  'water-l',
  'wall',
  'wall-s',
  'roof',
  'roof-d',
  'roof-l',
  'stone',
  'stone-d',
  'stone-s',
  'wood',
  'win',
  'panel',
  'panel-l',
  'soil',
  'veg',
  'leaf-a',
  'leaf-b',
  'leaf-c',
  'leaf-h',
  'ever-a',
  'ever-b',
  'ever-c',
  'ever-h',
  'ch-a',
  'ch-b',
  'ch-c',
  'ch-h',
  'pe-a',
  'pe-b',
  'pe-c',
  'pe-h',
  'bark',
  'bamboo',
  'fence',
  'pot',
  'fruit',
  'lantern',
  'veil',
  'glow',
  'glow2',
  'snow',
  'rain',
] as const
export type Paint = (typeof PAINTS)[number]

export interface Mark {
  d: string
  fill?: Paint
  stroke?: Paint
  w?: number
  dash?: string
  o?: number
}
/** One thing in the picture. A new `id` means that the thing is new or has grown. */
export interface Layer {
  id: string
  marks: Mark[]
  move?: 'sway' | 'train' | 'mist' | 'fall' | 'blink' | 'drift'
}

/** Reads an element that the caller knows to exist. */
export function at<T>(list: readonly T[], i: number): T {
  const v = list[i]
  if (v === undefined) throw new RangeError(`no element ${i} of ${list.length}`)
  return v
}

/** Chance that always falls the same way: the same seed draws the same leaf. */
export class Dice {
  private state: number
  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  between(a: number, b: number): number {
    return a + (b - a) * this.next()
  }
  gauss(mean: number, spread: number): number {
    return mean + spread * Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }
  side(): 1 | -1 {
    return this.next() < 0.5 ? -1 : 1
  }
}

const rad = (deg: number): number => (deg * Math.PI) / 180
const UX = Math.cos(rad(7.5))
const UY = Math.sin(rad(7.5))
const VX = -0.6 * Math.cos(rad(35))
const VY = 0.6 * Math.sin(rad(35))

/** Ruled-line parallel projection: the façade falls 7.5°, depth rises 35° at 0.6. */
export function project(ox: number, oy: number, k = 1): Project {
  return (x, y, z = 0) => [ox + k * (x * UX + y * VX), oy + k * (x * UY + y * VY - z)]
}

export const lerp = (a: number, b: number, t: number): number => a + (b - a) * t
/** `n` numbers spread evenly over 0..1, both ends included. */
export const spread = (n: number): number[] => Array.from({ length: n }, (_, i) => i / (n - 1))
/** 0, 1, … n-1. */
export const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** A coordinate with one decimal: a tenth of a pixel is finer than any screen shows. */
export const num = (v: number): string => String(Math.round(v * 10) / 10)
const pt = (p: Point): string => `${num(p[0])} ${num(p[1])}`

export const poly = (pts: readonly Point[]): string => `M${pts.map(pt).join('L')}Z`
export const trace = (pts: readonly Point[]): string => `M${pts.map(pt).join('L')}`

/** A smooth curve through all points (Catmull-Rom). */
export function smooth(pts: readonly Point[], close = false): string {
  const n = pts.length
  const p = (i: number): Point => at(pts, close ? (i + n) % n : Math.max(0, Math.min(n - 1, i)))
  let d = `M${pt(p(0))}`
  for (let i = 0; i < (close ? n : n - 1); i++) {
    const [a, b, c, e] = [p(i - 1), p(i), p(i + 1), p(i + 2)]
    const c1: Point = [b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6]
    const c2: Point = [c[0] - (e[0] - b[0]) / 6, c[1] - (e[1] - b[1]) / 6]
    d += `C${pt(c1)} ${pt(c2)} ${pt(c)}`
  }
  return d + (close ? 'Z' : '')
}

export function oval(cx: number, cy: number, rx: number, ry = rx): string {
  const r = `a${num(rx)} ${num(ry)} 0 1 1`
  return `M${num(cx - rx)} ${num(cy)}${r} ${num(2 * rx)} 0${r} ${num(-2 * rx)} 0Z`
}

/** An ellipse that lies at an angle (degrees). */
export function slab(cx: number, cy: number, rx: number, ry: number, deg: number): string {
  const [dx, dy] = [Math.cos(rad(deg)) * rx, Math.sin(rad(deg)) * rx]
  const r = `A${num(rx)} ${num(ry)} ${num(deg)} 1 1 `
  return `M${pt([cx - dx, cy - dy])}${r}${pt([cx + dx, cy + dy])}${r}${pt([cx - dx, cy - dy])}Z`
}

/** A loose ring of points around an oval, `j` uneven. */
export function ring(cx: number, cy: number, rx: number, ry: number, n: number, j: number, dice: Dice): Point[] {
  return count(n).map((i) => {
    const a = (2 * Math.PI * i) / n
    const r = 1 + dice.between(-j, j)
    return [cx + Math.cos(a) * rx * r, cy + Math.sin(a) * ry * r]
  })
}

/** One lens-shaped leaf: its stem at x,y, its tip towards angle a (radians). */
export function leaf(x: number, y: number, a: number, length: number, half: number): string {
  const [ex, ey] = [x + Math.cos(a) * length, y + Math.sin(a) * length]
  const [nx, ny] = [-Math.sin(a) * half, Math.cos(a) * half]
  const [mx, my] = [(x + ex) / 2, (y + ey) / 2]
  return `M${pt([x, y])}Q${pt([mx + nx, my + ny])} ${pt([ex, ey])}Q${pt([mx - nx, my - ny])} ${pt([x, y])}Z`
}

/** Moves, scales (and slants down to the right) path data written in absolute or relative commands of numbers. */
export function place(d: string, x: number, y: number, s = 1, slant = 0): string {
  let out = ''
  for (const [, cmd = '', args = ''] of d.matchAll(/([MmLlQqCcHhVvSsTtZz])([^A-Za-z]*)/g)) {
    const v = (args.match(/-?\d*\.?\d+/g) ?? []).map(Number)
    const abs = cmd < 'a' ? 1 : 0
    const low = cmd.toLowerCase()
    if (low === 'h') out += `l${num(at(v, 0) * s)} ${num(at(v, 0) * s * slant)}`
    else if (low === 'v') out += `l0 ${num(at(v, 0) * s)}`
    else {
      const pts = count(v.length / 2).map((i): Point => {
        const [a, b] = [at(v, 2 * i) * s, at(v, 2 * i + 1) * s]
        return [a + abs * x, b + a * slant + abs * y]
      })
      out += cmd + pts.map(pt).join(' ')
    }
  }
  return out
}

export const flat = (d: string, fill: Paint, o?: number): Mark => ({ d, fill, ...(o === undefined ? {} : { o }) })
export const ink = (d: string, w = 1.5, stroke: Paint = 'line', dash?: string): Mark => ({
  d,
  stroke,
  w,
  ...(dash === undefined ? {} : { dash }),
})
export const shape = (d: string, fill: Paint, w = 1.5, stroke: Paint = 'line'): Mark => ({ d, fill, stroke, w })

/** Neighbors drawn with one pen become one path: fewer nodes for a slow phone. */
export function merge(marks: readonly Mark[]): Mark[] {
  const out: Mark[] = []
  for (const m of marks) {
    if (m.d === '') continue
    const last = out[out.length - 1]
    const one = last && !(m.fill && m.stroke) && last.fill === m.fill && last.stroke === m.stroke
    if (last && one && last.w === m.w && last.dash === m.dash && last.o === m.o) last.d += m.d
    else out.push({ ...m })
  }
  return out
}

export const layer = (id: string, marks: readonly Mark[], move?: Layer['move']): Layer => ({
  id,
  marks: merge(marks),
  ...(move ? { move } : {}),
})
