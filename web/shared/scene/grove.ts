/** Trees that were promised: each drawn as far as it has come, and a quiet hillside for as many as there are. */
import {
  at,
  count,
  Dice,
  flat,
  ink,
  lerp,
  type Mark,
  merge,
  num,
  oval,
  type Point,
  shape,
  smooth,
  spread,
  trace,
} from './pen'
import { saxaulTree } from '../spots/wares'
import { board, grass, pine, roundTree, seedling } from './plants'

/** How far a tree has come. Each looks different in outline, so that no color needs to tell them apart. */
export type Growth = 'ordered' | 'waiting' | 'planned' | 'planted' | 'surveyed' | 'replaced' | 'failed' | 'void'
export type Kind = 'tree' | 'pine' | 'saxaul'

/** A sapling that is not there yet, as the house of the first stage is: a plan in broken lines. */
function plan(x: number, y: number, s: number): Mark[] {
  const crown = oval(x, y - 27 * s, 11 * s, 12 * s)
  const stem = trace([
    [x, y],
    [x, y - 15 * s],
  ])
  return [ink(oval(x, y + 1, 13 * s, 4 * s) + crown + stem, 1.2, 'line', '3 3')]
}

/** The hole is dug and a stake stands: the place is chosen. */
function stake(x: number, y: number, s: number): Mark[] {
  return [
    shape(oval(x, y + 1, 13 * s, 4 * s), 'soil', 1.1),
    ink(
      trace([
        [x, y + 1],
        [x, y - 20 * s],
      ]),
      2.6 * s,
      'wood',
    ),
    ink(`M${num(x)} ${num(y - 19 * s)}l${num(9 * s)} ${num(3 * s)}l${num(-9 * s)} ${num(3 * s)}`, 1.2, 'line'),
  ]
}

/** Two posts and a tie: what failed was planted again, and is held. */
function posts(x: number, y: number, s: number): Mark[] {
  const post = (dx: number) =>
    trace([
      [x + dx * s, y + 1],
      [x + dx * s, y - 24 * s],
    ])
  return [ink(post(-8) + post(8), 2 * s, 'wood'), ink(`M${num(x - 8 * s)} ${num(y - 17 * s)}h${num(16 * s)}`, 1.1)]
}

/** A bare stem that leans: it did not take. */
function withered(x: number, y: number, s: number): Mark[] {
  const stem = smooth([
    [x, y],
    [x + 2 * s, y - 11 * s],
    [x + 9 * s, y - 21 * s],
  ])
  const twigs = `M${num(x + 3 * s)} ${num(y - 13 * s)}l${num(-6 * s)} ${num(-6 * s)}M${num(x + 6 * s)} ${num(y - 17 * s)}l${num(8 * s)} ${num(-1 * s)}`
  return [shape(oval(x, y + 1, 13 * s, 4 * s), 'soil', 1.1), ink(stem, 1.8), ink(twigs, 1.2)]
}

/** A board without a tree: the certificate is void. */
function bareBoard(x: number, y: number, s: number): Mark[] {
  return board(x - 9 * s, y, s).map(({ d, w = 1 }) => ink(d, w, 'line', '3 3'))
}

function grown(kind: Kind, x: number, y: number, s: number, seed: number): Mark[] {
  if (kind === 'pine') return pine(x, y, 0.44 * s, 'summer')
  if (kind === 'saxaul') return saxaulTree(x, y, 0.78 * s, seed)
  return roundTree(x, y, 0.86 * s, seed, 'summer', 'ch')
}

/** One tree at x, y (its foot), `s` 0.5 to 2.5. Trees with a number have their board. */
export function promisedTree(growth: Growth, kind: Kind, x: number, y: number, s: number, seed: number): Mark[] {
  const sign = board(x + 13 * s, y, 0.8 * s)
  switch (growth) {
    case 'ordered':
      return plan(x, y, s)
    case 'waiting':
      return [...plan(x, y, s), ...sign]
    case 'planned':
      return [...stake(x, y, s), ...sign]
    case 'planted':
      return [...seedling(x, y, 1.15 * s), ...sign]
    case 'replaced':
      return [...posts(x, y, s), ...seedling(x, y, 1.15 * s), ...sign]
    case 'failed':
      return [...withered(x, y, s), ...sign]
    case 'void':
      return bareBoard(x, y, s)
    case 'surveyed':
      return [...grown(kind, x, y, s, seed), ...sign]
  }
}

const HILLS: readonly Point[] = [
  [0, 0.34],
  [0.12, 0.2],
  [0.24, 0.06],
  [0.33, 0.22],
  [0.45, 0.34],
  [0.56, 0.2],
  [0.66, 0.28],
  [0.78, 0.08],
  [0.88, 0.0],
  [1, 0.26],
]
const NEAR: readonly Point[] = [
  [0, 0.52],
  [0.2, 0.42],
  [0.42, 0.54],
  [0.62, 0.4],
  [0.82, 0.52],
  [1, 0.44],
]

/** The hillside itself: two ridges behind, the ground, grass. */
export function hillside(width: number, height: number): Mark[] {
  const ridge = (pts: readonly Point[]) => smooth(pts.map(([a, b]): Point => [a * width, (0.1 + b * 0.72) * height]))
  const closed = (d: string) => `${d}L${num(width)} ${num(height)}L0 ${num(height)}Z`
  const [far, near] = [ridge(HILLS), ridge(NEAR)]
  const ground = smooth(
    spread(5).map((t, i): Point => [t * width, height * (0.56 + at([0.02, -0.02, 0.015, -0.015, 0.01], i))]),
  )
  const dice = new Dice(7)
  const clumps = count(Math.round(width / 48)).map(
    (i) => [dice.between(8, width - 8), dice.between(0.66, 0.97) * height, 2, i + 3] as const,
  )
  return [
    flat(closed(far), 'cap1'),
    ink(far, 1, 'edge'),
    flat(closed(near), 'hill2'),
    ink(near, 0.9, 'edge', '40 14 70 20'),
    flat(closed(ground), 'ground2'),
    ...grass(clumps),
  ]
}

/** Where a tree stands and how large it is drawn. */
export interface Stand {
  x: number
  y: number
  s: number
}

/** Places for `n` trees in at most three rows, the back row smaller, no place on top of another; back to front. */
export function stands(n: number, width: number, height: number): Stand[] {
  if (n <= 0) return []
  const most = Math.max(1, Math.floor(width / 58))
  const rows = n <= Math.ceil(most * 0.75) ? 1 : n <= most * 2 ? 2 : 3
  const each = Math.ceil(n / rows)
  const dice = new Dice(n)
  return count(rows).flatMap((row) => {
    const here = Math.min(each, n - row * each)
    const near = rows === 1 ? 0.6 : row / (rows - 1)
    const room = width / (here + 0.5)
    const s = Math.min(lerp(0.78, 1.15, near), room / 38) * (rows === 1 ? 1.15 : 1)
    const shift = row % 2 ? 0.62 : 0.38
    return count(Math.max(0, here)).map((i) => ({
      x: room * (i + shift + 0.25) + dice.between(-0.08, 0.08) * room - 4 * s,
      y: height * lerp(rows === 1 ? 0.74 : 0.66, 0.93, near) + dice.between(-3, 3),
      s,
    }))
  })
}

/** One tree alone on its ground, on the sheet of the small pictures: 120 × 100. */
export const alone = (growth: Growth, kind: Kind): Mark[] =>
  merge([flat(oval(60, 90, 46, 7), 'ground1'), ...promisedTree(growth, kind, 52, 89, 1.45, 4)])
