/** Quiet states of a page: nothing yet, no network, an error, consent, a statement. */
import { dashedHouse } from '../scene/house'
import {
  count,
  flat,
  ink,
  leaf,
  lerp,
  type Mark,
  oval,
  type Point,
  poly,
  project,
  shape,
  slab,
  smooth,
  trace,
} from '../scene/pen'
import { grass, seedling } from '../scene/plants'
import { box, mound, turn } from './paper'

/** The statement: an open letter, a sheet with ruler ticks, a seal. */
export function letter(): Mark[] {
  const ticks = count(8)
    .map((i) =>
      trace([
        [40 + i * 5.6, 49],
        [40 + i * 5.6, i % 2 ? 52 : 54],
      ]),
    )
    .join('')
  return [
    mound(60, 92, 50, 6),
    shape(
      poly([
        [24, 52],
        [60, 26],
        [96, 52],
        [96, 90],
        [24, 90],
      ]),
      'stone-d',
      1.4,
    ),
    shape(box(34, 22, 52, 56), 'wall', 1.3),
    ink('M41 31h22M41 38h34', 1.4),
    ink(`M38 49h44${ticks}`, 1, 'ever-c'),
    ink('M38 49h27', 2.6, 'ever-b'),
    shape(
      poly([
        [24, 53],
        [60, 75],
        [96, 53],
        [96, 90],
        [24, 90],
      ]),
      'stone',
      1.4,
    ),
    ink('M24 90L50 69M96 90L70 69', 1.1),
    shape(oval(60, 75, 6), 'fruit', 1.1),
    ink('M57.600 75.200l1.800 1.800 3.200-3.600', 1, 'wall'),
  ]
}

/** Consent: a lantern on its stand shows what is there, and nothing else. */
export function lanternStand(): Mark[] {
  const ribs = [-10, -4, 4, 10].map((k) => `M${60 + k} 33.500Q${60 + k * 1.75} 52 ${60 + k} 70.500`).join('')
  return [
    mound(60, 92, 46, 6),
    flat(oval(60, 52, 38, 34), 'glow2'),
    ink('M60 14V24M42 14H78M78 14V91M70 91H86', 1.8),
    shape(box(51, 27, 18, 5), 'wood', 1.2),
    shape(oval(60, 52, 20, 20), 'lantern', 1.4),
    ink(ribs, 0.9),
    shape(box(51, 70, 18, 5), 'wood', 1.2),
    ink('M60 75V80M57 80V88M60 80V90M63 80V88', 1.3, 'fruit'),
    ink('M49 45c1-5 4-8 8-9', 1.8, 'path'),
  ]
}

/** Nothing yet: an empty basket and one leaf beside it. */
export function empty(): Mark[] {
  const weave = count(4)
    .map((i) => `M${37.6 + i * 1.6} ${64 + i * 6}Q60 ${70 + i * 6} ${82.4 - i * 1.6} ${64 + i * 6}`)
    .join('')
  const staves = count(7)
    .map((i) =>
      trace([
        [lerp(38, 82, i / 6), 60 + 3 * Math.sin((i / 6) * Math.PI)],
        [lerp(44, 76, i / 6), 88 + 3 * Math.sin((i / 6) * Math.PI)],
      ]),
    )
    .join('')
  return [
    mound(60, 91, 50, 7),
    ink('M40 58C40 26 80 26 80 58', 4.4),
    ink('M40 58C40 26 80 26 80 58', 2, 'fence'),
    shape('M34.500 58Q60 66 85.500 58L78 87Q60 95 42 87Z', 'fence', 1.4),
    ink(weave + staves, 0.9, 'wood'),
    shape(oval(60, 58, 25.5, 6), 'path', 1.4),
    ink('M42 59Q60 64 78 59', 0.9, 'soft'),
    shape(leaf(97, 93, -2.6, 15, 5), 'ever-a', 1.1),
    ink(
      trace([
        [97, 93],
        [88, 87.6],
      ]),
      0.8,
      'ever-c',
    ),
  ]
}

/** Offline: a kite whose string has come off. */
export function offline(): Mark[] {
  const [cx, cy] = [64, 36]
  const p = (x: number, y: number): Point => turn(x, y, cx, cy, 18)
  const tail = smooth([p(0, 26), p(-5, 38), p(4, 46), p(-4, 56)])
  const bows = [
    [-4, 38],
    [3, 47],
  ]
    .map(([x = 0, y = 0]) => {
      const [bx, by] = p(x, y)
      return leaf(bx, by, 0.3, 7, 2.6) + leaf(bx, by, 3.4, 7, 2.6)
    })
    .join('')
  return [
    mound(56, 92, 46, 6),
    shape(poly([p(0, -26), p(19, -4), p(0, 26), p(-19, -4)]), 'ever-a', 1.4),
    flat(poly([p(0, -26), p(19, -4), p(0, -4)]) + poly([p(0, 26), p(-19, -4), p(0, -4)]), 'ever-b'),
    ink(trace([p(0, -26), p(0, 26)]) + trace([p(-19, -4), p(19, -4)]), 1.1),
    shape(oval(...p(0, -4), 5), 'wall', 1.1),
    ink(tail, 1.2),
    shape(bows, 'fruit', 0.9),
    ink(smooth([p(0, -4), [50, 50], [43, 54]]), 1),
    ink(
      smooth([
        [36, 62],
        [30, 74],
        [34, 84],
        [26, 90],
      ]),
      1,
      'line',
      '4 4',
    ),
    shape(slab(22, 88, 5, 7, 70), 'wood', 1.2),
    ink('M19 85L25 91M22 84L27 89', 0.8),
    ink('M88 60h18M82 66h30M94 72h14', 1.4, 'cloud'),
  ]
}

/** An error of ours: the path is closed for a moment, a spade stands by. */
export function error(): Mark[] {
  const plank = poly([
    [22, 50],
    [88, 56],
    [88, 68],
    [22, 62],
  ])
  const stripes = count(4).map((i) => {
    const [x, y] = [30 + i * 15, 50.7 + i * 1.36]
    return poly([
      [x, y],
      [x + 7, y + 0.6],
      [x + 1, y + 12.1],
      [x - 6, y + 11.5],
    ])
  })
  const posts = [
    [30, 40],
    [78, 44],
  ]
    .map(([x = 0, y = 0]) => box(x, y, 5, 50))
    .join('')
  return [
    mound(60, 92, 54, 7),
    shape(posts, 'fence', 1.3),
    shape(plank, 'wall', 1.4),
    flat(stripes.join(''), 'fruit'),
    ink(plank, 1.4),
    ink('M27 93l4-7 4 7M75 95l4-7 4 7', 1.2),
    flat(oval(102, 91, 11, 3.6), 'soil'),
    ink('M100 36L103 72', 4.2),
    ink('M100 36L103 72', 2, 'wood'),
    ink('M94 36H106', 3),
    shape('M97 70L110 69C111 80 109 87 105 90C100 87 97 80 97 70Z', 'roof-l', 1.3),
    ...grass([
      [14, 93, 3, 2],
      [58, 95, 3, 6],
    ]),
  ]
}

/** No account yet: the dashed plan and the seedling. */
export function account(): Mark[] {
  const plan = dashedHouse(project(40, 56, 0.44)).map((m) => (m.w ? { ...m, w: Math.max(0.9, m.w * 0.8) } : m))
  const dashed = plan.map((m) => (m.dash ? { ...m, dash: '3.500 2.800' } : m))
  return [mound(62, 90, 54, 8), ...dashed, ...seedling(18, 92, 0.66), ...grass([[100, 92, 3, 4]])]
}
