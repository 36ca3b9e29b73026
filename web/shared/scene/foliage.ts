/** Leaves, twigs and limbs: what every tree is made of. */
import { at, type Dice, flat, ink, leaf, lerp, type Mark, num, type Paint, type Point, ring, smooth } from './pen'
import { Dice as Chance } from './pen'

/** Which four greens (or browns, or pinks) a plant has. */
export type Species = 'leaf' | 'ever' | 'ch' | 'pe'
export type Mass = readonly [cx: number, cy: number, rx: number, ry: number]

/** Masses of leaves, back to front. Each: a shade, a light cap, leaf marks on its dark side, glints on the other. */
export function foliage(masses: readonly Mass[], seed: number, kind: Species, size = 5.4, density = 0.022): Mark[] {
  const dice = new Chance(seed)
  const out: Mark[] = []
  const paint = (step: string): Paint => `${kind}-${step}` as Paint
  for (const [cx, cy, rx, ry] of masses) {
    const base = smooth(ring(cx + 1.5, cy + 2, rx, ry, 11, 0.07, dice), true)
    const cap = smooth(ring(cx - rx * 0.11, cy - ry * 0.2, rx * 0.82, ry * 0.7, 11, 0.09, dice), true)
    out.push(flat(base + fringe(cx, cy, rx, ry, size, dice), paint('b')), flat(cap, paint('a')))
    const n = Math.round(Math.PI * rx * ry * density)
    out.push(flat(strewn(n, cx, cy, rx, ry, size, dice, true), paint('c')))
    if (rx > 9) out.push({ ...ink(base, 0.9, paint('c'), brokenDash(dice)), o: 0.8 })
    out.push(flat(strewn(Math.round(n * 0.45), cx, cy, rx, ry, size, dice, false), paint('h')))
  }
  return out
}

/** Leaves that step over the edge of a mass. */
function fringe(cx: number, cy: number, rx: number, ry: number, size: number, dice: Dice): string {
  const m = Math.max(5, Math.round((rx + ry) * 0.3))
  let d = ''
  for (let i = 0; i < m; i++) {
    const t = (2 * Math.PI * (i + dice.between(-0.35, 0.35))) / m
    const down = Math.sin(t) > 0
    const a = down ? t * 0.7 + 0.47 + dice.between(-0.5, 0.5) : t + dice.between(-0.6, 0.6)
    const [x, y] = [cx + 1 + Math.cos(t) * rx * 0.95, cy + 1.5 + Math.sin(t) * ry * 0.95]
    d += leaf(x, y, a, size * dice.between(0.8, 1.15), size * 0.33)
  }
  return d
}

/** Leaf marks inside a mass: many below on the right, a few glints above on the left. */
function strewn(
  n: number,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  size: number,
  dice: Dice,
  dark: boolean,
): string {
  let d = ''
  for (let i = 0; i < n; i++) {
    const t = dark ? dice.gauss(0.28 * Math.PI, 0.75) : dice.gauss(1.22 * Math.PI, 0.6)
    const r = Math.sqrt(dark ? dice.between(0.18, 0.92) : dice.between(0.1, 0.6))
    const a = dark ? dice.gauss(0.9, 0.55) : dice.gauss(-2.3, 0.5)
    const k = dark ? dice.between(0.7, 1.1) : dice.between(0.6, 0.9)
    d += leaf(cx + Math.cos(t) * rx * r, cy + Math.sin(t) * ry * r, a, size * k, size * 0.3)
  }
  return d
}

/** A line that breaks where the light falls. */
function brokenDash(dice: Dice): string {
  const r = (a: number, b: number): number => Math.round(dice.between(a, b))
  return `${r(14, 26)} ${r(9, 16)} ${r(24, 40)} ${r(12, 22)}`
}

export type Twig = readonly [x: number, y: number, a: number, length: number, depth: number]

/** Bare branches, for winter. With `snow`, the thick ones carry a white upper edge. */
export function bare(starts: readonly Twig[], seed: number): Mark[] {
  const dice = new Chance(seed)
  const thick: string[] = []
  const thin: string[] = []
  const snow: string[] = []
  const grow = (x: number, y: number, a: number, l: number, depth: number): void => {
    if (depth <= 0 || l < 3) return
    const [ex, ey] = [x + Math.cos(a) * l, y + Math.sin(a) * l]
    const [bx, by] = [(x + ex) / 2 + Math.sin(a) * l * 0.12, (y + ey) / 2 - Math.cos(a) * l * 0.12]
    const d = (up: number): string => `M${num(x)} ${num(y - up)}Q${num(bx)} ${num(by - up)} ${num(ex)} ${num(ey - up)}`
    ;(depth >= 4 ? thick : thin).push(d(0))
    if (depth >= 3 && Math.abs(Math.sin(a)) < 0.92) snow.push(d(1.6))
    for (const k of [-1, 1]) grow(ex, ey, a + k * dice.between(0.28, 0.55), l * dice.between(0.66, 0.82), depth - 1)
    if (dice.next() < 0.6) grow((x + ex) / 2, (y + ey) / 2, a + dice.side() * 0.7, l * 0.5, depth - 2)
  }
  for (const s of starts) grow(...s)
  return [ink(snow.join(''), 2, 'snow'), ink(thin.join(''), 0.9), ink(thick.join(''), 1.4)]
}

/** A branch around its center line, `w0` wide at its foot and `w1` at its end. */
export function limb(pts: readonly Point[], w0: number, w1: number, lw = 1.2): Mark[] {
  const n = pts.length
  const left: Point[] = []
  const right: Point[] = []
  pts.forEach((p, i) => {
    const [a, b] = [at(pts, Math.max(0, i - 1)), at(pts, Math.min(n - 1, i + 1))]
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
    const m = Math.hypot(dx, dy) || 1
    const w = lerp(w0, w1, i / (n - 1)) / 2
    left.push([p[0] - (dy / m) * w, p[1] + (dx / m) * w])
    right.push([p[0] + (dy / m) * w, p[1] - (dx / m) * w])
  })
  const body = `${smooth(left)}L${smooth([...right].reverse()).slice(1)}Z`
  return [flat(body, 'bark'), ink(smooth(left) + smooth(right), lw)]
}
