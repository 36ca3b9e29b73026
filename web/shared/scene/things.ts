/** Things people put there: beds, walls, fence, bicycle, jar, pond, lanterns. Objects are acts. */
import type { Season } from './calendar'
import {
  count,
  Dice,
  flat,
  ink,
  leaf,
  lerp,
  type Mark,
  oval,
  place,
  poly,
  type Point,
  type Project,
  shape,
  slab,
  smooth,
  spread,
  trace,
} from './pen'

/** Vegetable beds: two crops in turn; under snow only the ridges show. */
export function beds(P: Project, x0: number, y0: number, season: Season, rows = 4, length = 100, gap = 19): Mark[] {
  let [soil, herbs, shoots] = ['', '', '']
  for (const i of count(rows)) {
    const y = y0 + i * gap
    soil += poly([P(x0, y), P(x0 + length, y), P(x0 + length, y + gap * 0.62), P(x0, y + gap * 0.62)])
    for (const k of count(8)) {
      const [px, py] = P(x0 + 7 + (k * (length - 13)) / 7, y + gap * 0.3)
      if (i % 2 === 0) herbs += leaf(px, py, -2.2, 7, 2.2) + leaf(px, py, -0.9, 7, 2.2) + leaf(px, py, -1.57, 8, 2)
      else shoots += leaf(px, py, -2, 9, 1.5) + leaf(px, py, -1.2, 10, 1.5)
    }
  }
  const out = [shape(soil, 'soil', 1.1)]
  if (season === 'winter') {
    const cover = count(rows).map((i) => {
      const y = y0 + i * gap + 2
      return poly([P(x0 + 6, y), P(x0 + length - 5, y), P(x0 + length - 16, y + gap * 0.34), P(x0 + 12, y + gap * 0.4)])
    })
    return [...out, flat(cover.join(''), 'snow'), flat(herbs, 'veg')]
  }
  return [...out, flat(herbs, 'veg'), flat(shoots, 'ever-c')]
}

/** White garden wall with a tile cap, parallel to the façade. */
export function lowWall(P: Project, x0: number, x1: number, y: number, season: Season, h = 21): Mark[] {
  const n = Math.max(3, Math.round(Math.abs(x1 - x0) / 7))
  const tiles = count(n - 1)
    .map((i) => lerp(x0, x1, (i + 1) / n))
    .map((x) => trace([P(x, y, h + 6), P(x, y + 5, h - 2)]))
  const cap = poly([P(x0 - 2, y + 5, h - 2), P(x1 + 2, y + 5, h - 2), P(x1 + 2, y, h + 6), P(x0 - 2, y, h + 6)])
  const side = (z0: number, z1: number): string => poly([P(x0, y, z0), P(x1, y, z0), P(x1, y, z1), P(x0, y, z1)])
  const top = poly([P(x0 - 2, y + 1.5, h + 3), P(x1 + 2, y + 1.5, h + 3), P(x1 + 2, y, h + 7.5), P(x0 - 2, y, h + 7.5)])
  return [
    shape(side(0, h), 'wall', 1.2),
    flat(side(0, 4), 'wall-s'),
    shape(cap, 'roof', 1.2),
    ink(tiles.join(''), 0.9, 'roof-l'),
    ...(season === 'winter' ? [shape(top, 'snow', 0.9)] : []),
  ]
}

/** 月洞门: the round gate in the garden wall. */
export function moonGate(P: Project, x: number, y: number): Mark[] {
  const rim = (r: number): Point[] =>
    spread(33).map((t) => {
      const a = Math.PI * (-0.2 + 1.4 * t)
      return P(x + Math.cos(a) * r, y, 17 + Math.sin(a) * r)
    })
  const wall = poly([P(x - 27, y), P(x + 27, y), P(x + 27, y, 40), P(x - 27, y, 40)])
  const cap = poly([P(x - 31, y + 6, 38), P(x + 31, y + 6, 38), P(x + 31, y, 48), P(x - 31, y, 48)])
  const tiles = count(8)
    .map((i) => x - 26 + i * 7.4)
    .map((v) => trace([P(v, y, 48), P(v, y + 6, 38)]))
    .join('')
  const hole = poly([...rim(16), P(x - 12, y, 0), P(x + 12, y, 0)])
  return [
    shape(wall, 'wall', 1.2),
    shape(poly([...rim(18.5), P(x - 15, y, 0), P(x + 15, y, 0)]), 'stone-d', 1),
    shape(hole, 'ground1', 1.1),
    shape(cap, 'roof', 1.2),
    ink(tiles, 0.9, 'roof-l'),
  ]
}

/** Bamboo fence: posts and two rails; what lies behind stays visible through it. */
export function fence(P: Project, x0: number, x1: number, y: number, season: Season, h = 21): Mark[] {
  const posts = count(Math.floor((x1 - x0) / 9) + 1)
    .map((i) => {
      const [x, k] = [x0 + i * 9, ((i * 37) % 5) - 2]
      return trace([P(x, y, -1), P(x + (i % 3 ? 1.4 : -1), y, h + k)])
    })
    .join('')
  const rail = (z: number, k: number): string => trace([P(x0 - 5 + k, y, z), P(x1 + 5 - k, y, z)])
  const rails = [h * 0.36, h * 0.76]
  const out = [ink(posts, 3.1), ink(posts, 1.3, 'fence')]
  for (const z of rails) out.push(ink(rail(z, 0), 3.1), ink(rail(z, 0.4), 1.3, 'fence'))
  return season === 'winter' ? [...out, ink(rail(h * 0.76 + 2, 1), 1.8, 'snow')] : out
}

/** A shared bicycle, leaned in the plane of the fence. */
export function bicycle(x: number, y: number, s = 1, slant = 0.13): Mark[] {
  const wheel = (cx: number, r: number): string =>
    poly(count(24).map((i): Point => [cx + Math.cos(i * 0.2618) * r, -12 + Math.sin(i * 0.2618) * r]))
  const put = (d: string): string => place(d, x, y, s, slant)
  const spokes = count(6).map((i) => [Math.cos(i * 0.5236) * 11, Math.sin(i * 0.5236) * 11] as const)
  const rays = [-17, 17]
    .flatMap((cx) =>
      spokes.map(([a, b]) =>
        trace([
          [cx - a, -12 - b],
          [cx + a, -12 + b],
        ]),
      ),
    )
    .join('')
  return [
    shape(put(wheel(-17, 12) + wheel(17, 12)), 'veil', 1.4),
    ink(put(rays), 0.5, 'soft'),
    ink(put('M-17-12L-8-27L10-27L-2-12ZM-8-27L-2-12M10-27L17-12M10-27L8-33L3.6-33M-8-27L-9.6-31M-14-31L-5.4-31'), 1.7),
    ink(put('M-17-26C-10-26-5-22-3.600-16.400'), 1.1),
    shape(put('M8.800-30L20.800-30L19-22L10.400-22Z'), 'wood', 1.2),
  ]
}

/** 水缸: the water jar, with lotus leaves in the warm half of the year. */
export function jar(x: number, y: number, s: number, season: Season): Mark[] {
  const put = (d: string): string => place(d, x, y, s)
  const out = [
    shape(put('M-12-16C-17-8-12 1-7 1L7 1C12 1 17-8 12-16Z'), 'pot', 1.3),
    ink(put('M-13.400-9Q0-4 13.400-9'), 0.9, 'soft'),
    shape(oval(x, y - 16 * s, 12.4 * s, 4 * s), season === 'winter' ? 'snow' : 'water', 1.2),
  ]
  if (season === 'winter') return out
  for (const [dx, dy, rx, ry] of [
    [-7, -27, 8, 3.2],
    [6, -34, 8.5, 3.4],
    [1, -21, 6.5, 2.4],
  ] as const) {
    const [cx, cy] = [x + dx * s, y + dy * s]
    const veins = [
      [-0.7 * rx, 0.3 * ry],
      [0.6 * rx, -0.4 * ry],
      [0.3 * rx, 0.7 * ry],
    ] as const
    out.push(
      ink(
        smooth([
          [x + dx * s * 0.3, y - 16 * s],
          [x + dx * s * 0.8, y + (dy + 4) * s],
          [cx, cy],
        ]),
        1,
      ),
      shape(oval(cx, cy, rx * s, ry * s), 'ever-a', 1.1),
      ink(
        veins
          .map(([a, b]) =>
            trace([
              [cx, cy],
              [cx + a, cy + b],
            ]),
          )
          .join(''),
        0.8,
        'ever-c',
      ),
    )
  }
  if (season === 'summer')
    out.push(
      shape(
        put(
          'M-2-38C-6-42-5-46-2-49C1-46 2-42-2-38ZM-2-38C-8-39-9-43-8-46C-5-45-3-42-2-38ZM-2-38C4-39 5-43 4-46C1-45-1-42-2-38Z',
        ),
        'petal',
        1,
      ),
    )
  return out
}

/** Stepping stones. */
export function stones(
  list: readonly (readonly [x: number, y: number, rx: number, ry: number, deg: number])[],
  season: Season,
): Mark[] {
  const tops = list.map(([x, y, rx, ry, a]) => slab(x, y, rx, ry, a)).join('')
  const shades = list
    .map(([x, y, rx, ry]) => place(`M${-rx * 0.5} ${ry * 0.35}q${rx * 0.4} ${ry * 0.35} ${rx * 0.9} ${ry * 0.1}`, x, y))
    .join('')
  const snow = list.map(([x, y, rx, ry, a]) => slab(x - rx * 0.1, y - ry * 0.2, rx * 0.7, ry * 0.5, a)).join('')
  return [shape(tops, 'stone', 1.1), ink(shades, 0.8, 'soft'), ...(season === 'winter' ? [flat(snow, 'snow')] : [])]
}

/** The cat that came with the yard. */
export function cat(x: number, y: number, s = 1): Mark[] {
  const put = (d: string): string => place(d, x, y, s)
  return [
    ink(put('M7 0C12 0 14-3 12.400-6'), 2.6),
    ink(put('M7 0C12 0 14-3 12.400-6'), 0.9, 'wall'),
    shape(
      put(
        'M-8 0C-9-6-7-10-3-11C-4-14-4-17-3-19L-.6-17.200C.6-17.600 2.400-17.600 3.600-17.200L6-19C6.800-16 6.400-13 5-11C8-8 8-3 7.400 0Z',
      ),
      'wall',
      1.2,
    ),
    ink(put('M-.6-14.400L-.5-14.400M3.400-14.400L3.500-14.400'), 1.4),
    ink(put('M-3 0L-3-4M2 0L2-4'), 0.8),
  ]
}

/** A lantern with its tassel. */
export function lantern(x: number, y: number, s = 1): Mark[] {
  const put = (d: string): string => place(d, x, y, s)
  return [
    ink(put('M0 0L0 5'), 1),
    shape(oval(x, y + 11 * s, 6 * s, 6.4 * s), 'lantern', 1.1),
    ink(put('M-2.400 4.900Q-4.400 11-2.400 17M2.400 4.900Q4.400 11 2.400 17'), 0.7),
    ink(put('M0 17.600L0 23'), 1.4, 'fruit'),
  ]
}

/** Persimmons that dry on a string under the eave, in autumn. */
export function dryingFruit(x: number, y: number, n: number): Mark[] {
  const beads = count(n)
    .map((i) => oval(x, y + 4 + i * 5, 2.1))
    .join('')
  return [
    ink(
      trace([
        [x, y - 1],
        [x, y + n * 5],
      ]),
      0.8,
    ),
    shape(beads, 'fruit', 0.8),
  ]
}

/** The pond: lilies and lotus in summer, ice in winter, rings when it rains. */
export function pond(x: number, y: number, s: number, season: Season, rain: boolean): Mark[] {
  const shore = (
    [
      [-46, 2],
      [-30, -13],
      [-2, -17],
      [28, -14],
      [48, -3],
      [40, 11],
      [12, 18],
      [-24, 15],
    ] as const
  ).map(([a, b]): Point => [x + a * s, y + b * s])
  const put = (d: string): string => place(d, x, y, s)
  const glints = 'M-22-4L-6-4M6 7L28 7M14-8L26-8'
  const cracks = 'M-30-2L-12 3L4-4L26 1M4-4L10-13M-12 3L-16 11'
  const rocks = (
    [
      [-50, 5, 7],
      [50, 2, 6],
      [44, 13, 8],
      [-38, 15, 6],
    ] as const
  )
    .map(([a, b, r]) =>
      put(`M${a - r} ${b + 3}Q${a - r} ${b - 4} ${a} ${b - 4.6}Q${a + r} ${b - 3} ${a + r} ${b + 3}Z`),
    )
    .join('')
  const out = [
    shape(
      smooth(
        shore.map(([a, b]) => [a, b + 3]),
        true,
      ),
      'stone-d',
      1.2,
    ),
    shape(smooth(shore, true), 'water', 1.3),
    ink(put(season === 'winter' ? cracks : glints), 1, 'water-l'),
  ]
  if (season !== 'winter') {
    const pads = (
      [
        [-24, 6, 8, 3.4],
        [-10, 10, 6.4, 2.8],
        [28, -4, 7, 3],
        [-30, -4, 5, 2.2],
      ] as const
    ).map(([a, b, rx, ry]) =>
      poly([
        ...count(15).map((i): Point => [
          x + (a + Math.cos(0.2 + i * 0.4) * rx) * s,
          y + (b + Math.sin(0.2 + i * 0.4) * ry) * s,
        ]),
        [x + a * s, y + b * s],
      ]),
    )
    out.push(shape(pads.join(''), 'ever-a', 1))
  }
  if (season === 'summer')
    out.push(
      shape(
        put(
          'M-24 4C-29 1-28-5-24-9C-20-5-19 1-24 4ZM-24 4C-31 4-33-1-32-4C-28-3-25 0-24 4ZM-24 4C-17 4-15-1-16-4C-20-3-23 0-24 4Z',
        ),
        'petal',
        1,
      ),
    )
  if (rain)
    out.push(
      ink(
        [
          [-4, 0, 7],
          [20, -2, 5],
          [14, 10, 4],
        ]
          .map(([a = 0, b = 0, r = 0]) => oval(x + a * s, y + b * s, r * s, r * 0.42 * s))
          .join(''),
        0.9,
        'water-l',
      ),
    )
  return [
    ...out,
    shape(rocks, 'stone', 1.1),
    ...(season === 'winter'
      ? [flat(put('M-56 2Q-54-2-50-1.600Q-46-1-45 2ZM38 10Q40 7 44 7.400Q49 8 51 11Z'), 'snow')]
      : []),
  ]
}

/** Two swallows on the wing, or a line of geese in autumn. */
export function birds(season: Season): Mark[] {
  if (season === 'winter') return []
  if (season === 'autumn') {
    const geese = [
      [0, 0],
      [12, 6],
      [24, 11],
      [37, 15],
      [-10, 8],
      [-19, 15],
    ]
    return [
      ink(
        geese
          .map(([a = 0, b = 0]) => place('M-5-1.600q3-1.600 5 1.400q2.400-3 5.400-1.600', 186 + a, 204 + b))
          .join(''),
        1.2,
      ),
    ]
  }
  const one = 'M-9-3C-5-4-2-2 0 0C2-3 6-5 10-5C7-3 4-1 2 2L4 7L.6 4L-2.600 6.400L-1.400 1.600C-4-.4-6-2-9-3Z'
  return [flat(place(one, 96, 212, 0.8, -0.2) + place(one, 117, 203, 0.56, 0.12), 'line')]
}

/** Petals or leaves on the ground, by season. */
export function litter(season: Season, x0: number, x1: number, seed: number): Mark[] {
  const dice = new Dice(seed)
  return loose(season, Math.round((x1 - x0) / 15), () => [dice.between(x0, x1), dice.between(448, 600)], dice)
}

/** The few that are still in the air below the old tree. */
export function falling(season: Season): Mark[] {
  const dice = new Dice(14)
  return loose(season, 9, () => [dice.between(10, 180), dice.between(318, 470)], dice)
}

function loose(season: Season, n: number, where: () => Point, dice: Dice): Mark[] {
  if (season !== 'spring' && season !== 'autumn') return []
  const one = (): string => leaf(...where(), dice.between(-0.5, 0.9), dice.between(3, 5), 1.4)
  return [flat(count(n).map(one).join(''), season === 'spring' ? 'petal' : 'leaf-a')]
}
