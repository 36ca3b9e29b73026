/** Trees, shrubs, bamboo, grass. Deciduous ones drop their leaves in winter and blossom by palette in spring. */
import type { Season } from './calendar'
import { bare, foliage, limb, type Mass, type Species } from './foliage'
import {
  at,
  Dice,
  flat,
  ink,
  leaf,
  type Mark,
  num,
  oval,
  type Paint,
  place,
  poly,
  type Point,
  shape,
  smooth,
  trace,
} from './pen'

const shift = (list: readonly Mass[], x: number, y: number, s: number): Mass[] =>
  list.map(([a, b, c, d]) => [x + a * s, y + b * s, c * s, d * s])
const walk = (x: number, y: number, s: number, ...pts: readonly Point[]): Point[] =>
  pts.map(([a, b]) => [x + a * s, y + b * s])

/** The old tree behind the house, `s` 0.4 to 1.2. */
export function bigTree(x: number, y: number, s: number, seed: number, season: Season): Mark[] {
  const out = [
    ...limb(walk(x, y, s, [0, 4], [-3, -36], [3, -74], [-3, -118]), 15 * s, 6 * s),
    ...limb(walk(x, y, s, [2, -58], [18, -84], [38, -106]), 8 * s, 3 * s),
    ...limb(walk(x, y, s, [-2, -48], [-22, -70], [-44, -84]), 8 * s, 3 * s),
  ]
  if (season === 'winter')
    return [
      ...out,
      ...bare(
        [
          [x - 3 * s, y - 112 * s, -1.75, 26 * s, 5],
          [x - 2 * s, y - 114 * s, -1.2, 24 * s, 5],
          [x + 36 * s, y - 104 * s, -0.75, 22 * s, 5],
          [x + 20 * s, y - 86 * s, -1.3, 22 * s, 4],
          [x - 43 * s, y - 84 * s, -2.5, 22 * s, 5],
          [x - 24 * s, y - 72 * s, -1.8, 22 * s, 4],
        ],
        seed,
      ),
    ]
  const masses: Mass[] = [
    [-2, -160, 24, 16],
    [-26, -146, 25, 17],
    [24, -150, 26, 17],
    [-44, -122, 25, 17],
    [44, -128, 26, 18],
    [0, -136, 28, 18],
    [-56, -94, 22, 14],
    [58, -102, 22, 14],
    [-20, -112, 26, 16],
    [26, -112, 27, 16],
    [-34, -86, 20, 12],
    [40, -86, 18, 11],
    [4, -92, 20, 11],
  ]
  return [...out, ...foliage(shift(masses, x, y, s), seed, 'leaf')]
}

const SMALL: readonly Mass[] = [
  [-14, -42, 15, 11],
  [14, -46, 15, 11],
  [0, -56, 18, 13],
  [-2, -42, 12, 8],
]
const WIDE: readonly Mass[] = [
  [-19, -38, 13, 9],
  [18, -44, 13, 9],
  [0, -54, 16, 11],
  [-2, -40, 11, 7],
]

/** A small round tree, with fruit if it bears any. */
export function roundTree(
  x: number,
  y: number,
  s: number,
  seed: number,
  season: Season,
  kind: Species = 'leaf',
  fruits = 0,
): Mark[] {
  const wide = kind === 'ch'
  const masses = shift(wide ? WIDE : SMALL, x, y, s)
  const [up, out] = wide ? [-40, 18] : [-38, 15]
  const marks = [
    ...limb(walk(x, y, s, [0, 0], [1, -18], [-1, up]), 5.5 * s, 2.8 * s),
    ...limb(walk(x, y, s, [0, -20], [9, -32], [out - 1, -39]), 3 * s, 1.7 * s, 1),
    ...limb(walk(x, y, s, [0, -17], [-9, -28], [-out, -33]), 3 * s, 1.7 * s, 1),
  ]
  if (season === 'winter')
    marks.push(
      ...bare(
        [
          [x - s, y + up * s, -1.6, 11 * s, 4],
          [x + (out - 1) * s, y - 39 * s, -0.8, 8 * s, 4],
          [x - out * s, y - 33 * s, -2.4, 8 * s, 4],
        ],
        seed,
      ),
    )
  else marks.push(...foliage(masses, seed, kind, 5, 0.027))
  return [...marks, ...fruitsOn(masses.slice(0, 3), fruits, 2.6 * Math.sqrt(s), seed + 5)]
}

/** Fruit hung evenly in masses of leaves. */
export function fruitsOn(masses: readonly Mass[], n: number, r: number, seed: number): Mark[] {
  const dice = new Dice(seed)
  let d = ''
  for (let i = 0; i < n; i++) {
    const [cx, cy, rx, ry] = at(masses, i % masses.length)
    const [t, k] = [dice.between(0, 6.28), dice.between(0.25, 0.8)]
    d += oval(cx + Math.cos(t) * rx * k, cy + Math.sin(t) * ry * k, r)
  }
  return d ? [shape(d, 'fruit', 0.9)] : []
}

/** A clump of bamboo: stems, joints, leaves in threes. */
export function bamboo(x: number, y: number, n: number, seed: number, h = 92): Mark[] {
  const dice = new Dice(seed)
  let [stems, joints] = ['', '']
  const leaves = ['', '']
  for (let i = 0; i < n; i++) {
    const bx = x + i * 8.5 + dice.between(-2, 2)
    const [tall, lean] = [h * dice.between(0.72, 1.08), dice.between(-3, 9)]
    stems += smooth([
      [bx, y],
      [bx + lean * 0.3, y - tall * 0.5],
      [bx + lean, y - tall],
    ])
    for (let k = 1; k < 6; k++) {
      const [px, py] = [bx + (lean * k * k) / 36, y - (tall * k) / 6]
      joints += trace([
        [px - 1.9, py],
        [px + 1.9, py],
      ])
    }
    for (let k = 0; k < 7; k++) {
      const t = dice.between(0.38, 1)
      const side = dice.side()
      const base = side > 0 ? 0.91 : 2.23
      for (const m of [-0.5, 0, 0.5])
        leaves[dice.side() > 0 ? 0 : 1] += leaf(
          bx + lean * t + side * 2,
          y - tall * t,
          base + m + dice.between(-0.1, 0.1),
          dice.between(9, 13),
          1.7,
        )
    }
  }
  return [
    ink(stems, 3.6),
    ink(stems, 2, 'bamboo'),
    ink(joints, 1),
    flat(at(leaves, 0), 'ever-b'),
    flat(at(leaves, 1), 'ever-c'),
  ]
}

/** A pine of flat needle clouds; snow lies on them in winter. */
export function pine(x: number, y: number, s: number, season: Season): Mark[] {
  const out = [
    ...limb(walk(x, y, s, [0, 0], [-5, -30], [4, -64], [-2, -104]), 9 * s, 3.5 * s),
    ...limb(walk(x, y, s, [-2, -44], [-22, -54], [-36, -52]), 4.5 * s, 2 * s, 1),
    ...limb(walk(x, y, s, [3, -62], [22, -74], [36, -72]), 4.5 * s, 2 * s, 1),
  ]
  const clouds = [
    [-36, -56, 25, 8.5],
    [34, -76, 26, 9],
    [-16, -84, 24, 8.5],
    [14, -100, 24, 8.5],
    [-4, -116, 20, 8],
  ] as const
  for (const [a, b, c, e] of clouds) {
    const [cx, cy, rx, ry] = [x + a * s, y + b * s, c * s, e * s]
    const d = `M${num(cx - rx)} ${num(cy + ry * 0.5)}C${num(cx - rx * 0.9)} ${num(cy - ry * 1.3)} ${num(cx + rx * 0.9)} ${num(cy - ry * 1.3)} ${num(cx + rx)} ${num(cy + ry * 0.5)}Q${num(cx)} ${num(cy + ry * 1.1)} ${num(cx - rx)} ${num(cy + ry * 0.5)}Z`
    let needles = ''
    for (let k = 0; k < 9; k++) {
      const t = Math.PI * (1.08 + (0.84 * k) / 8)
      needles += trace([
        [cx + Math.cos(t) * rx * 0.2, cy + ry * 0.3],
        [cx + Math.cos(t) * rx * 0.86, cy + ry * 0.3 + Math.sin(t) * ry * 0.95],
      ])
    }
    out.push(shape(d, 'ever-b', 1.1), ink(needles, 0.9, 'ever-c'))
    if (season === 'winter') {
      const top = `M${num(cx - rx * 0.86)} ${num(cy)}C${num(cx - rx * 0.7)} ${num(cy - ry * 1.15)} ${num(cx + rx * 0.7)} ${num(cy - ry * 1.15)} ${num(cx + rx * 0.86)} ${num(cy)}Q${num(cx + rx * 0.4)} ${num(cy - ry * 0.5)} ${num(cx)} ${num(cy - ry * 0.1)}Q${num(cx - rx * 0.5)} ${num(cy - ry * 0.55)} ${num(cx - rx * 0.86)} ${num(cy)}Z`
      out.push(flat(top, 'snow'))
    }
  }
  return out
}

/** A low evergreen shrub. */
export function shrub(x: number, y: number, s: number, seed: number): Mark[] {
  return foliage(
    [
      [x, y - 7 * s, 13 * s, 9 * s],
      [x + 12 * s, y - 5 * s, 10 * s, 7 * s],
    ],
    seed,
    'ever',
    4.6,
    0.03,
  )
}

/** Tree with the number board of a planted tree. */
export function plantedTree(x: number, y: number, s: number, seed: number, season: Season, fruits = 0): Mark[] {
  return [...roundTree(x, y, s, seed, season, 'ch', fruits), ...board(x + 8 * s, y, s)]
}

/** The number board: its lines are marks, the number itself is in the words beside the picture. */
export function board(x: number, y: number, s: number): Mark[] {
  const post = trace([
    [x + 8 * s, y + 2],
    [x + 8 * s, y - 9 * s],
  ])
  const lines =
    trace([
      [x + 3 * s, y - 15 * s],
      [x + 14 * s, y - 15 * s],
    ]) +
    trace([
      [x + 3 * s, y - 12 * s],
      [x + 10 * s, y - 12 * s],
    ])
  const face = poly([
    [x, y - 18 * s],
    [x + 18 * s, y - 18 * s],
    [x + 18 * s, y - 8.4 * s],
    [x, y - 8.4 * s],
  ])
  return [ink(post, 1.5), shape(face, 'stone', 1.1), ink(lines, 0.9, 'soft')]
}

/** Grass in clumps, never in a pattern. */
export function grass(
  clumps: readonly (readonly [x: number, y: number, n: number, seed: number])[],
  paint: Paint = 'grass',
): Mark[] {
  let d = ''
  for (const [x, y, n, seed] of clumps) {
    const dice = new Dice(seed)
    for (let i = 0; i < n; i++) {
      const [px, py] = [x + dice.gauss(0, 9), y + dice.gauss(0, 2.4)]
      for (const a of [-1.95, -1.57, -1.15]) {
        const l = dice.between(4.5, 8.5)
        d += `M${num(px)} ${num(py)}q${num(Math.cos(a) * l * 0.2)} ${num(-l * 0.6)} ${num(Math.cos(a) * l * 0.75)} ${num(Math.sin(a) * l)}`
      }
    }
  }
  return [ink(d, 1.1, paint)]
}

/** Small flowers on stems. */
export function flowers(
  spots: readonly (readonly [x: number, y: number, n: number, seed: number])[],
  paint: Paint = 'flower',
): Mark[] {
  let [stems, heads] = ['', '']
  for (const [x, y, n, seed] of spots) {
    const dice = new Dice(seed)
    for (let i = 0; i < n; i++) {
      const [px, py] = [x + dice.gauss(0, 11), y + dice.gauss(0, 3.4)]
      stems += trace([
        [px, py],
        [px + dice.between(-1, 1), py - 6],
      ])
      heads += oval(px, py - 7, 1.9)
    }
  }
  return [ink(stems, 1, 'grass'), shape(heads, paint, 0.7)]
}

/** Stage 1: what the first grams plant. */
export function seedling(x: number, y: number, s = 1): Mark[] {
  const leaves = (
    [
      [-2.5, 13],
      [-0.6, 13],
      [-1.9, 9],
      [-1.1, 9],
    ] as const
  )
    .map(([a, l]) => leaf(x, y - (l === 13 ? 19 : 20) * s, a, l * s, 4 * s))
    .join('')
  return [
    shape(oval(x, y + 1, 13 * s, 4 * s), 'soil', 1.1),
    ink(
      smooth([
        [x, y],
        [x + 0.6 * s, y - 10 * s],
        [x, y - 20 * s],
      ]),
      1.6,
      'ever-c',
    ),
    shape(leaves, 'ever-a', 1),
  ]
}

/** A distant poplar: a tall ruled leaf shape, or twigs in winter. */
export function poplar(x: number, y: number, h: number, season: Season): Mark[] {
  const trunk = ink(
    trace([
      [x, y],
      [x, y - h * 0.5],
    ]),
    1.2,
  )
  if (season === 'winter') {
    const rays = [-2.1, -1.85, -1.57, -1.3, -1.05]
      .map((a) =>
        trace([
          [x, y - h * 0.25],
          [x + Math.cos(a) * h * 0.3, y - h * 0.3 + Math.sin(a) * h * 0.6],
        ]),
      )
      .join('')
    return [trunk, ink(rays, 0.8)]
  }
  const body = place(
    'M0-10C-1.6-9-2.4-5.600-2-3C-1.700-1-1 0 0 0C1 0 1.700-1 2-3C2.400-5.600 1.600-9 0-10Z',
    x,
    y - h * 0.12,
    h / 11,
  )
  const lit = place(
    'M-.2-9C-1.300-7.600-1.700-5-1.400-3C-1.200-2-.8-1.200-.4-1.200C-.8-4-.6-6.500-.2-9Z',
    x,
    y - h * 0.12,
    h / 11,
  )
  return [trunk, shape(body, 'pe-b', 0.9), flat(lit, 'pe-a')]
}
