/** The land left and right of the phone's frame, for tablets and desktops: terraces, stream, village, orchard. */
import type { Season } from './calendar'
import { house, WING_PLAN } from './house'
import { turbine } from './land'
import {
  count,
  Dice,
  flat,
  ink,
  layer,
  type Layer,
  lerp,
  type Mark,
  oval,
  poly,
  type Point,
  project,
  shape,
  smooth,
  trace,
} from './pen'
import { grass, pine, plantedTree, poplar, roundTree, shrub } from './plants'
import { fence, lowWall, moonGate } from './things'

/** Terraced fields on the left slope: strips that follow the contour, each with its ruled rows. */
function terraces(season: Season): Mark[] {
  const curve = (k: number): Point[] => {
    const y = 372 + k * 23 + k * k * 1.6
    return [
      [-540, y + 4],
      [-480, y - 4],
      [-410, y + 5],
      [-340, y + 14 + k * 2],
      [-286 + k * 16, y + 26 + k * 3],
    ]
  }
  const out: Mark[] = []
  for (const k of count(4)) {
    const top = curve(k)
    // A strip tapers to the right, where the contour meets the slope.
    const low = curve(k + 0.8).map((p, i, all) => (i === all.length - 1 ? (top[i] ?? p) : p))
    out.push(shape(`${smooth(top)}L${smooth([...low].reverse()).slice(1)}Z`, k % 2 ? 'ground2' : 'field', 1, 'edge'))
    const rows = [0.25, 0.5, 0.75].map((t) =>
      smooth(
        top.map((p, i): Point => {
          const q = low[i] ?? p
          return [lerp(p[0], q[0], t), lerp(p[1], q[1], t)]
        }),
      ),
    )
    out.push(
      ink(
        rows.join(''),
        season === 'winter' ? 0.8 : 1.5,
        season === 'winter' ? 'edge' : k % 2 ? 'grass' : 'veg',
        '3 4',
      ),
    )
  }
  return out
}

/** A stream between the terraces and the yard. */
function stream(season: Season): Mark[] {
  const left: Point[] = [
    [-356, 482],
    [-378, 508],
    [-398, 532],
    [-432, 562],
    [-456, 602],
    [-472, 646],
  ]
  const right: Point[] = [
    [-344, 482],
    [-350, 512],
    [-358, 540],
    [-356, 572],
    [-370, 606],
    [-378, 646],
  ]
  const d = `${smooth(left)}L${smooth([...right].reverse()).slice(1)}`
  const glints: Mark[] = [
    [-384, 528, 18],
    [-376, 544, 12],
    [-430, 606, 34],
    [-412, 618, 24],
    [-446, 630, 40],
  ].map(([x = 0, y = 0, l = 0]) =>
    ink(
      trace([
        [x, y],
        [x + l, y],
      ]),
      1,
      'water-l',
    ),
  )
  const ice = ink('M-440 604L-420 610L-400 602M-450 626L-424 622L-410 632', 0.9, 'water-l')
  return [
    flat(`${d}Z`, 'water'),
    ink(smooth(left) + smooth(right), 1.2),
    ...(season === 'winter' ? [ice] : glints),
    ...bridge(season),
  ]
}

/** The stone bridge: its deck behind, its arched face before, a rail of five posts. */
function bridge(season: Season): Mark[] {
  const top: Point[] = [
    [-466, 578],
    [-438, 560],
    [-394, 548],
    [-350, 560],
    [-322, 578],
  ]
  const back = top.map(([x, y]): Point => [x + 12, y - 9])
  const arch: Point[] = [
    [-354, 592],
    [-366, 574],
    [-394, 564],
    [-422, 574],
    [-434, 592],
  ]
  const posts = top
    .map(([x, y]) =>
      trace([
        [x, y],
        [x, y - 10],
      ]),
    )
    .join('')
  const rail = smooth(top.map(([x, y]): Point => [x, y - 9]))
  const courses = 'M-452 580L-440 580M-446 586L-436 586M-350 580L-338 580M-346 586L-332 586'
  return [
    shape(`${smooth(top)}L${smooth([...back].reverse()).slice(1)}Z`, season === 'winter' ? 'snow' : 'stone', 1.2),
    shape(`${smooth(top)}L-322 592L${smooth(arch).slice(1)}L-466 592Z`, 'stone-d', 1.3),
    ink(courses, 0.8, 'soft'),
    ink(posts, 1.4),
    ink(rail, 1.3),
  ]
}

/** Neighbors' roofs, far enough to be a few lines each. */
function village(season: Season): Layer[] {
  return (
    [
      [640, 388, 0.4],
      [742, 374, 0.36],
      [596, 372, 0.3],
    ] as const
  ).map(([x, y, k]) =>
    layer(
      `village${x}`,
      house({ at: project(x, y, k), ...WING_PLAN, season, tiles: 9 }).map((m) => (m.w ? { ...m, w: m.w * 0.62 } : m)),
    ),
  )
}

/** A lane from the right edge to the yard, with an electric car on it. */
function lane(): Mark[] {
  return [
    flat(
      'M930 500C820 508 700 500 600 506C520 511 470 528 440 560C420 584 410 612 412 640L470 640C466 612 480 584 510 562C548 534 610 530 690 528C790 526 860 532 930 524Z',
      'path',
    ),
    ink('M930 500C820 508 700 500 600 506C520 511 470 528 440 560C420 584 410 612 412 640', 1, 'soft', '54 9 30 6'),
    ink('M930 524C860 532 790 526 690 528C610 530 548 534 510 562C480 584 466 612 470 640', 1, 'soft', '40 8 60 10'),
  ]
}

/** An electric car and its charging post. */
function car(x: number, y: number): Mark[] {
  const p = (a: number, b: number): Point => [x + a, y + b]
  const body = smooth([p(-34, -4), p(-33, -14), p(-20, -18), p(-10, -28), p(8, -29), p(22, -18), p(34, -14), p(36, -4)])
  const glass = `${smooth([p(-15, -18), p(-7, -25.5), p(6, -26.5), p(17, -18)])}Z`
  return [
    flat(oval(x, y, 38, 4), 'veil'),
    shape(`${body}Z`, 'ever-a', 1.3),
    shape(glass, 'win', 1),
    ink(trace([p(0, -26), p(0, -5)]), 0.9),
    shape(oval(x - 20, y - 4, 6) + oval(x + 21, y - 4, 6), 'roof-d', 1.2),
    shape(oval(x - 20, y - 4, 2) + oval(x + 21, y - 4, 2), 'stone', 0.8),
    shape(poly([p(52, 0), p(52, -30), p(63, -30), p(63, 0)]), 'stone', 1.2),
    shape(poly([p(54.5, -27), p(60.5, -27), p(60.5, -19), p(54.5, -19)]), 'panel', 0.9),
    ink(smooth([p(52, -12), p(46, -4), p(42, -8), p(36, -10)]), 1.2),
    ink(trace([p(58.5, -25.5), p(56.4, -22.6), p(58.8, -22.6), p(56.8, -20)]), 0.8, 'panel-l'),
  ]
}

/** What stands behind the yard at the left and right. */
export function wideBack(stage: number, season: Season): Layer[] {
  const P = project(120, 398)
  const rows = [
    [-262, 396, 58],
    [-246, 400, 70],
    [-228, 398, 62],
    [-212, 404, 74],
    [470, 388, 56],
    [486, 384, 66],
    [502, 388, 60],
    [826, 392, 70],
    [842, 388, 60],
  ] as const
  return [
    layer(
      'turbines',
      [
        [-452, 258, 1],
        [-408, 284, 0.8],
        [-258, 260, 0.9],
        [546, 250, 0.9],
        [752, 262, 1],
      ].flatMap(([x = 0, y = 0, s = 1]) => turbine(x, y, s)),
    ),
    layer('terraces', terraces(season)),
    layer(
      'poplars',
      rows.flatMap(([x, y, h]) => poplar(x, y, h, season)),
    ),
    ...village(season),
    ...(stage >= 3
      ? [
          layer('wall-far', [
            ...lowWall(P, -330, -204, 20, season),
            ...lowWall(P, -150, -148, 20, season),
            ...moonGate(P, -177, 20),
          ]),
        ]
      : []),
  ]
}

/** What stands before the yard at the left and right. */
export function wideFront(stage: number, season: Season): Layer[] {
  const dice = new Dice(31)
  const tufts = count(26).map((i) => {
    const x = i < 13 ? dice.between(-320, -20) : dice.between(545, 900)
    return [x, dice.between(i < 13 ? 490 : 560, 625), 3, i + 40] as const
  })
  const orchard = (
    [
      [520, 468, 0.56],
      [578, 474, 0.58],
      [640, 470, 0.56],
      [704, 476, 0.58],
      [768, 470, 0.56],
      [836, 476, 0.6],
      [560, 496, 0.66],
      [626, 500, 0.68],
      [880, 492, 0.64],
    ] as const
  ).slice(0, stage >= 5 ? 9 : stage >= 4 ? 6 : stage >= 3 ? 4 : 2)
  return [
    layer('stream', stream(season)),
    layer('pines', [...pine(-316, 520, 0.82, season), ...pine(-268, 534, 1.05, season)], 'sway'),
    layer(
      'grove',
      [
        [-126, 500, 0.95, 5],
        [-178, 512, 1.15, 8],
        [-214, 496, 0.8, 9],
      ].flatMap(([x = 0, y = 0, s = 1, n = 0]) => roundTree(x, y, s, n, season)),
      'sway',
    ),
    layer(
      `orchard@${orchard.length}`,
      orchard.flatMap(([x, y, s], i) => plantedTree(x, y, s, 60 + i, season).slice(0, i % 3 ? -3 : undefined)),
    ),
    layer('lane', lane()),
    layer('car', car(700, 522)),
    ...(stage >= 3 ? [layer('fence-right', fence(project(120, 398), 423, 470, 262, season))] : []),
    layer('shrubs', [...shrub(-60, 560, 1.2, 71), ...shrub(560, 590, 1.3, 72), ...shrub(820, 600, 1.5, 73)]),
    layer('grass-wide', grass(tufts)),
  ]
}
