/** The house, computed from x (along the façade), y (towards us) and z (up), so that a wing always fits. */
import type { Season } from './calendar'
import {
  at,
  count,
  flat,
  ink,
  lerp,
  type Mark,
  oval,
  poly,
  type Point,
  type Project,
  shape,
  smooth,
  spread,
  trace,
} from './pen'

export interface Plan {
  at: Project
  /** Length of the façade, depth, height of the wall, rise of the roof. */
  length: number
  depth: number
  wall: number
  rise: number
  tiles: number
  season: Season
  round?: boolean
  door?: readonly [number, number]
  windows: readonly (readonly [number, number])[]
}

export const HOME_PLAN = {
  length: 158,
  depth: 84,
  wall: 46,
  rise: 40,
  tiles: 23,
  round: true,
  door: [0.42, 0.585],
  windows: [
    [0.09, 0.33],
    [0.67, 0.91],
  ],
} as const
export const WING_PLAN = {
  length: 104,
  depth: 58,
  wall: 46,
  rise: 29,
  tiles: 15,
  windows: [
    [0.1, 0.42],
    [0.54, 0.86],
  ],
} as const

type Size = Pick<Plan, 'at' | 'length' | 'depth' | 'wall' | 'rise'>

/** A point of the roof: u along the ridge 0..1, v from ridge 0 to eave 1. Concave, with lifted corners. */
export function roofPoint(h: Size, u: number, v: number, back = false): Point {
  const over = back ? 3 : 11
  const x = -6 + u * (h.length + 12)
  const y = h.depth / 2 + (back ? -1 : 1) * v * (h.depth / 2 + over)
  const drop = 0.55 * v + 0.45 * (1 - (1 - v) ** 2)
  const lift = (back ? 1.2 : 4) * Math.abs(2 * u - 1) ** 6 * v ** 1.5
  return h.at(x, y, h.wall + h.rise - drop * (h.rise + (back ? 2 : over * 0.45)) + lift)
}

const slope = (h: Size, back = false): Point[] => spread(9).map((v) => roofPoint(h, 1, v, back))

/** The outline of the front slope. */
function front(h: Size, v1 = 1): Point[] {
  return [
    ...spread(21).map((u) => roofPoint(h, u, 0)),
    ...spread(9)
      .slice(1)
      .map((v) => roofPoint(h, 1, v * v1)),
    ...spread(21)
      .slice(1)
      .map((u) => roofPoint(h, 1 - u, v1)),
    ...spread(9)
      .slice(1, 8)
      .map((v) => roofPoint(h, 0, (1 - v) * v1)),
  ]
}

/** An upright rectangle on the façade plane. */
const pane = (P: Project, y: number, x0: number, x1: number, z0: number, z1: number): string =>
  poly([P(x0, y, z0), P(x1, y, z0), P(x1, y, z1), P(x0, y, z1)])
/** A rectangle that lies on the ground. */
const floor = (P: Project, x0: number, x1: number, y0: number, y1: number, z = 0): string =>
  poly([P(x0, y0, z), P(x1, y0, z), P(x1, y1, z), P(x0, y1, z)])

/** The stone plinth, three faces. */
function plinth({ at: P, length: L, depth: D }: Plan): Mark[] {
  const m = 7
  const side = poly([P(L + m, D + m), P(L + m, -m), P(L + m, -m, -6), P(L + m, D + m, -6)])
  return [
    shape(pane(P, D + m, -m, L + m, 0, -6), 'stone-d', 1.2),
    shape(side, 'stone-s', 1.2),
    shape(floor(P, -m, L + m, -m, D + m), 'stone', 1.2),
  ]
}

/** Back slope, gable wall with its round window and a few bricks, never all. */
function gable(h: Plan): Mark[] {
  const { at: P, length: L, depth: D, wall: H, rise: R } = h
  const back = [...spread(11).map((u) => roofPoint(h, u, 0)), ...slope(h, true).slice(1), roofPoint(h, 0, 1, true)]
  const out = [
    shape(poly(back), 'roof-d', 1.3),
    shape(poly([P(L, D), P(L, 0), P(L, 0, H + 2), P(L, D / 2, H + R * 0.93), P(L, D, H + 2)]), 'wall-s', 1.3),
  ]
  if (h.round) {
    const rim = (r: number, n: number): Point[] =>
      count(n).map((i) => {
        const a = (2 * Math.PI * i) / n
        return P(L, D / 2 + Math.cos(a) * r * 1.16, H * 0.92 + Math.sin(a) * r)
      })
    const cross = [
      [0, 4],
      [2, 6],
    ]
      .map(([a = 0, b = 0]) => trace([at(rim(7.4, 8), a), at(rim(7.4, 8), b)]))
      .join('')
    out.push(shape(poly(rim(8.4, 24)), 'stone', 1), shape(poly(rim(7, 24)), 'win', 1.1), ink(cross, 0.8))
  }
  const bricks = [
    [70, 78, 9],
    [62, 72, 15],
    [8, 18, 12],
    [14, 22, 18],
    [58, 66, 26],
    [26, 34, 7],
    [40, 50, 22],
  ] as const
  out.push(
    ink(
      bricks
        .filter((b) => b[1] < D)
        .map(([a, b, z]) => trace([P(L, a, z), P(L, b, z)]))
        .join(''),
      0.8,
      'soft',
    ),
  )
  return out
}

/** The white façade: skirting, shade under the eave, posts. */
function facade({ at: P, length: L, depth: D, wall: H }: Plan): Mark[] {
  const posts = [0, 0.36, 0.64, 1].map((u) => trace([P(u * L, D), P(u * L, D, H)])).join('')
  return [
    shape(pane(P, D, 0, L, 0, H), 'wall', 1.3),
    flat(pane(P, D, 0, L, 0, 6) + pane(P, D, 0, L, H - 8, H), 'wall-s'),
    ink(trace([P(0, D, 6), P(L, D, 6)]), 0.9, 'soft'),
    ink(posts, 1.1),
  ]
}

/** Windows with a ruled lattice, and their sills. */
function windows({ at: P, length: L, depth: D, wall: H, windows: list }: Plan): Mark[] {
  const [z0, z1] = [15, H - 11]
  const out: Mark[] = []
  for (const [a, b] of list) {
    const bars = [1, 2, 3, 4]
      .map((k) => lerp(a, b, k / 5) * L)
      .map((x) => trace([P(x, D, z0), P(x, D, z1)]))
      .join('')
    const rails = [0.32, 0.68]
      .map((t) => lerp(z0, z1, t))
      .map((z) => trace([P(a * L, D, z), P(b * L, D, z)]))
      .join('')
    out.push(
      shape(pane(P, D, a * L, b * L, z0, z1), 'win', 1.2),
      ink(bars + rails, 0.8),
      shape(pane(P, D + 2, a * L - 2, b * L + 2, z0 - 3, z0 - 1), 'stone', 0.9),
    )
  }
  return out
}

/** The double door with glazed leaves, and one step. */
function door({ at: P, length: L, depth: D, wall: H, door: span }: Plan): Mark[] {
  if (!span) return []
  const [a, b] = [span[0] * L, span[1] * L]
  const [zt, mid] = [H - 9, (a + b) / 2]
  const glass = (
    [
      [a, mid],
      [mid, b],
    ] as const
  ).map(([p, q]) => [lerp(p, q, 0.18), lerp(p, q, 0.82)] as const)
  const bars = glass.map(([p, q]) => {
    const m = (p + q) / 2
    return trace([P(m, D, 15), P(m, D, zt - 4)]) + trace([P(p, D, 21), P(q, D, 21)]) + trace([P(p, D, 27), P(q, D, 27)])
  })
  const [s0, s1, y] = [a - 0.03 * L, b + 0.03 * L, D + 16]
  return [
    shape(pane(P, D, a, b, 0, zt), 'wood', 1.3),
    ink(trace([P(mid, D), P(mid, D, zt)]), 1),
    shape(glass.map(([p, q]) => pane(P, D, p, q, 15, zt - 4)).join(''), 'win', 0.9),
    ink(bars.join(''), 0.7),
    shape(floor(P, s0, s1, D + 7, y, -3), 'stone', 1.1),
    shape(pane(P, y, s0, s1, -3, -6), 'stone-d', 1.1),
  ]
}

/** Snow that lies on the front slope and has begun to slide from the eave in slow tongues. */
function roofSnow(h: Plan): Mark[] {
  const n = Math.round(h.length / 9)
  const edge = count(n + 1).map((i) => roofPoint(h, i / n, 0.86 + 0.05 * Math.sin(i * 1.3) + 0.03 * Math.sin(i * 2.9)))
  const rim = [...edge].reverse()
  const d = `${trace(spread(21).map((u) => roofPoint(h, u, 0)))}L${trace(slope(h).slice(1, 8)).slice(1)}L${smooth(rim).slice(1)}Z`
  return [flat(d, 'snow'), ink(smooth(edge), 1, 'roof-l')]
}

/** The solar panels: a grid a hand above the tiles, added to a house that stands. */
export function panels(h: Size): Mark[] {
  const q = (u: number, v: number): Point => {
    const p = roofPoint(h, lerp(0.6, 0.9, u), lerp(0.2, 0.72, v))
    return [p[0], p[1] - 2.2]
  }
  const grid = [1, 2, 3, 4].map((k) => trace([q(k / 5, 0), q(k / 5, 1)])).join('') + trace([q(0, 0.5), q(1, 0.5)])
  const foot = poly([q(0, 1), q(1, 1), [q(1, 1)[0], q(1, 1)[1] + 2.4], [q(0, 1)[0], q(0, 1)[1] + 2.4]])
  return [
    shape(foot, 'roof-d', 0.9),
    shape(poly([q(0, 0), q(1, 0), q(1, 1), q(0, 1)]), 'panel', 1.2),
    ink(grid, 0.9, 'panel-l'),
    flat(poly([q(0.05, 0.08), q(0.15, 0.08), q(0.06, 0.44), q(0.03, 0.44)]), 'panel-l', 0.4),
  ]
}

/** Front slope, tile rows, drip tiles, barge boards, ridge with lifted ends. */
function roof(h: Plan): Mark[] {
  const rows = count(h.tiles - 1).map((i) => trace(spread(9).map((v) => roofPoint(h, (i + 1) / h.tiles, v))))
  const out = [shape(poly(front(h)), 'roof', 1.4), ink(rows.join(''), 1, 'roof-l')]
  if (h.season === 'winter') out.push(...roofSnow(h))
  out.push(ink(trace(spread(41).map((u) => roofPoint(h, u, 1))), 1.4))
  const drips = count(h.tiles + 1)
    .map((i) => roofPoint(h, i / h.tiles, 1))
    .map(([x, y]) => oval(x, y + 1.4, 1.9))
  out.push(shape(drips.join(''), 'stone', 0.9))
  for (const b of [slope(h, true), slope(h)])
    out.push(shape(poly([...b, ...b.map(([x, y]): Point => [x, y + 4]).reverse()]), 'stone', 1.1))
  const base = spread(21).map((u) => roofPoint(h, u, 0))
  const top = base.map(([x, y], i): Point => {
    const end = i === 0 ? -4 : i === 20 ? 4 : 0
    return [x + end, y - 4 - 5 * Math.abs(i / 10 - 1) ** 8 - (end ? 1 : 0)]
  })
  out.push(shape(poly([...base, ...[...top].reverse()]), h.season === 'winter' ? 'snow' : 'roof-d', 1.3))
  return out
}

/** A whole house. */
export function house(h: Plan): Mark[] {
  return [...plinth(h), ...gable(h), ...facade(h), ...windows(h), ...door(h), ...roof(h)]
}

/** Stage 1: the house as a dashed, ruled plan with its stakes and string. What an account will fill in. */
export function dashedHouse(P: Project): Mark[] {
  const h: Size = { at: P, ...HOME_PLAN }
  const { length: L, depth: D, wall: H } = h
  const [a, b] = [HOME_PLAN.door[0] * L, HOME_PLAN.door[1] * L]
  const lines = [
    [...front(h), roofPoint(h, 0, 0)],
    slope(h, true),
    [P(0, D, H - 6), P(0, D), P(L, D), P(L, D, H - 6)],
    [P(L, D), P(L, 0), P(L, 0, H)],
    [P(a, D), P(a, D, 36), P(b, D, 36), P(b, D)],
  ]
  const stakes = (
    [
      [-8, D + 8],
      [L + 8, D + 8],
      [L + 8, -8],
    ] as const
  ).map(([x, y]) => P(x, y))
  const stake = (p: Point, k: number): string =>
    trace([
      [p[0], p[1] + 2 - k],
      [p[0], p[1] - 12 + k],
    ])
  return [
    flat(poly(front(h)), 'veil'),
    { ...ink(lines.map(trace).join(''), 1.1, 'line', '5 4'), o: 0.72 },
    ink(stakes.map((p) => stake(p, 0)).join(''), 3),
    ink(stakes.map((p) => stake(p, 0.4)).join(''), 1.2, 'fence'),
    ink(trace(stakes.map(([x, y]): Point => [x, y - 9])), 1, 'wood'),
  ]
}
