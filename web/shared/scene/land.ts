/** Sky and far land: bands, sun, moon, stars, hills, viaduct, weather. */
import type { Hour, Season } from './calendar'
import {
  at,
  count,
  Dice,
  flat,
  ink,
  lerp,
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

export interface Frame {
  x0: number
  x1: number
  y0: number
}
export const BOTTOM = 640

/** Extends a curve of the phone's frame to both sides. */
export const stretch = (
  left: readonly Point[],
  middle: readonly Point[],
  right: readonly Point[],
  wide: boolean,
): Point[] => (wide ? [...left, ...middle.slice(1, -1), ...right] : [...middle])

/** Everything under a curve. */
export const under = (pts: readonly Point[], bottom = BOTTOM): string =>
  `${smooth(pts)}L${num(at(pts, pts.length - 1)[0])} ${bottom}L${num(at(pts, 0)[0])} ${bottom}Z`

/** Flat bands of sky, each a step nearer to the horizon's light. Never a gradient. */
export function skyBands({ x0, x1, y0 }: Frame): Mark[] {
  const out = [flat(`M${x0} ${y0}H${x1}V${BOTTOM}H${x0}Z`, 'sky')]
  const tops = [188, 220, 246, 266, 282]
  const wave = [5, 1, 4, -3, 2, -2]
  tops.forEach((y, i) => {
    const n = Math.round((x1 - x0) / 80)
    const pts = count(n + 1).map((k): Point => [
      lerp(x0 - 10, x1 + 10, k / n),
      y + at(wave, (k + (x0 < 0 ? 1 : 0)) % 6),
    ])
    out.push(flat(under(pts), `sky${i + 1}` as Paint))
  })
  return out
}

/** The sun in the valley by morning, higher and pale by day. */
export function sun(hour: Hour): Mark[] {
  const [x, y, r] = hour === 'morning' ? [224, 284, 27] : [262, 222, 17]
  const arc = `M${x - r} ${y}a${r} ${r} 0 0 1 ${2 * r} 0`
  return [flat(oval(x, y, r), 'sun'), { ...ink(arc, 1.1, 'sun-line', '26 5 60') }]
}

/** The moon: a crescent at dusk, nearly full at night. */
export function moon(hour: Hour): Mark[] {
  if (hour === 'dusk')
    return [
      flat(
        place(
          'M0-14C-7.700-14-14-7.700-14 0C-14 7.700-7.700 14 0 14C4.700 14 8.500 11.600 10.600 8.800C3.600 11.400-4 6-3.400-3C-3.200-8-1.800-11.400 0-14Z',
          310,
          214,
        ),
        'sun',
      ),
    ]
  return [
    flat(oval(306, 216, 15), 'sun'),
    ink(place('M-6-4q4-3 7 0M1 5q4-2 6 1M-8 4q2 3 5 2', 306, 216), 0.9, 'sun-line'),
  ]
}

/** 北斗: the Dipper. Its handle points east in spring, south in summer, west in autumn, north in winter. */
export function stars(season: Season, { x0, x1 }: Frame): Mark[] {
  const dice = new Dice(9)
  const small = count(Math.round((x1 - x0) / 17))
    .map(() => oval(dice.between(x0, x1), dice.between(184, 282), at([0.5, 0.7, 1], Math.floor(dice.next() * 3))))
    .join('')
  const turn = { spring: 0.25, summer: 1.5, autumn: Math.PI - 0.1, winter: -1.35 }[season]
  const bowl: Point[] = [
    [34, -6],
    [21, -4],
    [10, 0],
    [-2, 3],
    [-5, 14],
    [-20, 15],
    [-22, 2],
  ]
  const [cx, cy] = [226, 228]
  const put = bowl.map(([x, y]): Point => [
    cx + x * Math.cos(turn) - y * Math.sin(turn),
    cy + x * Math.sin(turn) + y * Math.cos(turn),
  ])
  return [
    flat(small, 'star'),
    { ...ink(trace([...put, at(put, 3)]), 0.7, 'star'), o: 0.5 },
    flat(put.map(([x, y]) => oval(x, y, 1.7)).join(''), 'star'),
  ]
}

/** Ruled clouds: lines of unequal length, never puffs. */
export function clouds({ x0, x1 }: Frame, rain: boolean): Mark[] {
  const one = (x: number, y: number, rows: readonly Point[]): string =>
    rows
      .map(([dx, l], i) =>
        trace([
          [x + dx, y + i * 5.5],
          [x + dx + l, y + i * 5.5],
        ]),
      )
      .join('')
  const spots = [
    [150, 244],
    [-6, 262],
    [336, 232],
    [-372, 222],
    [-190, 238],
    [436, 240],
    [628, 226],
    [816, 230],
  ] as const
  const shown = spots.filter(([x]) => x > x0 - 20 && x < x1)
  const rows: Point[] = rain
    ? [
        [14, 44],
        [0, 80],
        [22, 40],
        [8, 60],
      ]
    : [
        [14, 30],
        [0, 56],
        [22, 26],
      ]
  return [ink(shown.map(([x, y]) => one(x, y, rows)).join(''), 1.4, 'cloud')]
}

const FAR: readonly Point[] = [
  [-12, 330],
  [10, 318],
  [34, 300],
  [52, 291],
  [72, 302],
  [90, 317],
  [108, 319],
  [128, 304],
  [150, 280],
  [170, 262],
  [186, 272],
  [200, 290],
  [214, 298],
  [228, 291],
  [244, 296],
  [262, 286],
  [284, 262],
  [304, 246],
  [320, 254],
  [338, 276],
  [352, 284],
  [368, 276],
  [402, 288],
]
const FAR_LEFT: readonly Point[] = [
  [-540, 312],
  [-506, 290],
  [-476, 266],
  [-452, 254],
  [-430, 266],
  [-396, 294],
  [-360, 308],
  [-322, 300],
  [-286, 274],
  [-258, 256],
  [-238, 266],
  [-206, 292],
  [-164, 312],
  [-120, 306],
  [-92, 292],
  [-72, 288],
  [-50, 302],
  [-18, 322],
]
const FAR_RIGHT: readonly Point[] = [
  [398, 286],
  [424, 300],
  [462, 304],
  [498, 286],
  [524, 258],
  [546, 246],
  [566, 258],
  [594, 284],
  [640, 302],
  [686, 296],
  [724, 272],
  [752, 258],
  [776, 270],
  [806, 292],
  [846, 304],
  [884, 290],
  [930, 266],
]
const MID: readonly Point[] = [
  [-12, 356],
  [24, 346],
  [62, 340],
  [100, 350],
  [150, 356],
  [196, 344],
  [222, 330],
  [244, 322],
  [264, 330],
  [288, 342],
  [314, 338],
  [338, 322],
  [362, 310],
  [384, 316],
  [402, 324],
]
const MID_LEFT: readonly Point[] = [
  [-540, 336],
  [-490, 326],
  [-440, 332],
  [-380, 342],
  [-320, 336],
  [-270, 322],
  [-230, 318],
  [-180, 330],
  [-120, 346],
  [-60, 354],
  [-16, 354],
]
const MID_RIGHT: readonly Point[] = [
  [400, 324],
  [440, 338],
  [500, 346],
  [552, 336],
  [604, 318],
  [640, 312],
  [680, 324],
  [740, 342],
  [800, 340],
  [850, 326],
  [890, 318],
  [930, 322],
]

/** 青绿: a pale body, a deeper cap that follows the crest, a few ruled folds. Two flat steps. */
function hills(body: Paint, cap: Paint, crest: readonly Point[], base: number): Mark[] {
  const low = crest.map(([x, y], i): Point => [x, y + 3 + Math.max(0, base - y) * (0.34 + 0.16 * ((i * 7) % 3))])
  let folds = ''
  for (let i = 1; i < crest.length - 1; i++) {
    const [x, y] = at(crest, i)
    if (!(y < at(crest, i - 1)[1] && y <= at(crest, i + 1)[1])) continue
    const h = Math.max(14, base - y)
    ;[-1, 1, 1].forEach((side, k) => {
      const [ax, ay] = [x + side * (3 + 9 * k), y + 6 + 7 * k]
      const [bx, by] = [ax + side * h * (0.34 + 0.16 * k), ay + h * (0.62 - 0.1 * k)]
      folds += `M${num(ax)} ${num(ay)}C${num(ax + side * 3)} ${num(ay + h * 0.2)} ${num(bx - side * 10)} ${num(by - h * 0.12)} ${num(bx)} ${num(by)}`
    })
  }
  return [
    flat(under(crest, 500), body),
    flat(`${smooth(crest)}L${smooth([...low].reverse()).slice(1)}Z`, cap),
    { ...ink(folds, 0.9, 'edge'), o: 0.8 },
    ink(smooth(crest), 1.2, 'edge'),
  ]
}

export const farHills = (wide: boolean): Mark[] => hills('hill1', 'cap1', stretch(FAR_LEFT, FAR, FAR_RIGHT, wide), 326)
export const midHills = (wide: boolean): Mark[] => hills('hill2', 'cap2', stretch(MID_LEFT, MID, MID_RIGHT, wide), 366)

/** Bands of empty paper between two layers of hills. */
export function mist(wide: boolean): Mark[] {
  const bar = (x: number, y: number, l: number): string =>
    `M${x + 3.7} ${y}h${l - 7.4}a3.7 3.7 0 0 1 0 7.4h${7.4 - l}a3.7 3.7 0 0 1 0-7.4Z`
  const bars = [
    [196, 316, 84],
    [174, 323, 60],
    [-20, 322, 70],
    [-10, 329, 96],
  ]
  const more = [
    [-350, 312, 92],
    [-372, 319, 70],
    [-170, 322, 80],
    [452, 312, 96],
    [478, 319, 60],
    [640, 308, 84],
    [616, 315, 90],
    [820, 312, 60],
  ]
  return [flat((wide ? [...bars, ...more] : bars).map(([x = 0, y = 0, l = 0]) => bar(x, y, l)).join(''), 'mist')]
}

const railAt = (x: number): number => 352 - (20 * (x + 10)) / 410

/** The viaduct: a ruled line through the hills, and its pillars. */
export function viaduct(x1: number): Mark[] {
  const rail = (dy: number): string =>
    trace([
      [190, railAt(190) + dy],
      [x1, railAt(x1) + dy],
    ])
  const pillars = count(Math.ceil((x1 - 196) / 33))
    .map((i) => 196 + i * 33)
    .map((x) =>
      trace([
        [x, railAt(x) + 3.4],
        [x, railAt(x) + 26],
      ]),
    )
  return [ink(rail(0), 1.1), ink(rail(3.4), 0.8, 'soft'), ink(pillars.join(''), 1, 'soft')]
}

/** The metro far off. */
export function train(cars = 3): Mark[] {
  let [bodies, stripes, panes] = ['', '', '']
  for (const i of count(cars)) {
    const x = 206 + i * 31.2
    const p = (dx: number, dy: number): Point => [x + dx, railAt(x + dx) + dy]
    const nose: Point[] = i === cars - 1 ? [p(30, -1), p(33, -4), p(28.5, -10.5)] : [p(30, -1), p(30, -10.5)]
    const tail: Point[] = i === 0 ? [p(1.5, -10.5), p(-3, -4)] : [p(0, -10.5)]
    bodies += poly([p(0, -1), ...nose, ...tail])
    stripes += trace([p(0, -3), p(30, -3)])
    for (const k of count(4)) {
      const a = 2.2 + k * 6.75
      panes += poly([p(a, -5), p(a + 3.6, -5), p(a + 3.6, -8.4), p(a, -8.4)])
    }
  }
  return [shape(bodies, 'wall', 1), ink(stripes, 1.6, 'edge'), shape(panes, 'win', 0.6)]
}

/** A wind turbine on a crest. */
export function turbine(x: number, y: number, s: number): Mark[] {
  const blades = [0.3, 0.3 + 2.094, 0.3 + 4.189].map((a) =>
    poly([
      [x + Math.cos(a + 0.3) * 2 * s, y - 30 * s + Math.sin(a + 0.3) * 2 * s],
      [x + Math.cos(a) * 17 * s, y - 30 * s + Math.sin(a) * 17 * s],
      [x + Math.cos(a - 0.4) * 1.4 * s, y - 30 * s + Math.sin(a - 0.4) * 1.4 * s],
    ]),
  )
  const mast = poly([
    [x - 1.3 * s, y + 4],
    [x - 0.7 * s, y - 30 * s],
    [x + 0.7 * s, y - 30 * s],
    [x + 1.3 * s, y + 4],
  ])
  return [
    shape(mast, 'wall', 0.8, 'edge'),
    shape(blades.join(''), 'wall', 0.8, 'edge'),
    flat(oval(x, y - 30 * s, 1.4 * s), 'edge'),
  ]
}

/** A third of the rain, in ruled strokes, or of the snow that falls in winter. */
export function weatherMarks(season: Season, { x0, x1 }: Frame, seed: number): Mark[] {
  const dice = new Dice(76 + seed)
  const n = Math.round((x1 - x0) / 15)
  let d = ''
  for (let i = 0; i < n; i++) {
    const [x, y] = [dice.between(x0, x1), dice.between(196, 618)]
    if (season === 'winter') d += oval(x, y, at([1.1, 1.5, 2], Math.floor(dice.next() * 3)))
    else {
      const l = dice.between(9, 20)
      d += trace([
        [x, y],
        [x - l * 0.24, y + l],
      ])
    }
  }
  return season === 'winter' ? [flat(d, 'snow')] : [ink(d, 1, 'rain')]
}
