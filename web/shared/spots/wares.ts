/** More of what energy is exchanged for: a desert shrub, a shared bicycle, things that are mended. */
import { limb } from '../scene/foliage'
import { count, Dice, flat, ink, type Mark, num, oval, type Point, shape, trace } from '../scene/pen'
import { grass } from '../scene/plants'
import { bicycle } from '../scene/things'
import { box, mound, stroke, tilted } from './paper'

const TUFTS = [
  [-24, -37, 13, 8],
  [-13, -52, 14, 9],
  [3, -60, 14, 9],
  [17, -50, 14, 9],
  [27, -36, 13, 8],
  [-4, -42, 13, 8],
  [11, -37, 12, 7],
] as const

/** 梭梭: several crooked stems from one root, and green twigs instead of leaves, bent by the wind. */
export function saxaulTree(x: number, y: number, s: number, seed: number): Mark[] {
  const put = (pts: readonly Point[]): Point[] => pts.map(([a, b]) => [x + a * s, y + b * s])
  const stems: (readonly [Point[], number])[] = [
    [
      [
        [-2, 2],
        [-5, -10],
        [-15, -20],
        [-23, -34],
      ],
      5,
    ],
    [
      [
        [1, 2],
        [-2, -16],
        [4, -32],
        [1, -56],
      ],
      6,
    ],
    [
      [
        [3, 2],
        [9, -10],
        [17, -19],
        [25, -34],
      ],
      5,
    ],
    [
      [
        [-4, -12],
        [-11, -30],
        [-13, -48],
      ],
      3.4,
    ],
    [
      [
        [8, -10],
        [12, -28],
        [16, -46],
      ],
      3.4,
    ],
  ]
  const dice = new Dice(seed)
  let [light, dark, haze] = ['', '', '']
  for (const [tx, ty, rx, ry] of TUFTS) {
    const [cx, cy] = [x + tx * s, y + ty * s]
    haze += oval(cx, cy, rx * s, ry * s)
    const twigs = Math.round(13 + 10 * s)
    for (const i of count(twigs)) {
      const a = -Math.PI * (0.02 + (0.96 * i) / (twigs - 1)) + dice.between(-0.12, 0.12)
      const l = dice.between(0.55, 1.3)
      const [ex, ey] = [Math.cos(a) * rx * 1.25 * l, Math.sin(a) * ry * 1.5 * l]
      const twig = `M${num(cx)} ${num(cy + 3 * s)}q${num(ex * 0.55 * s)} ${num((ey - 4) * s)} ${num((ex + 2) * s)} ${num((ey + 3) * s)}`
      if (i % 3) dark += twig
      else light += twig
    }
  }
  return [
    ...stems.flatMap(([pts, w]) => limb(put(pts), w * s, 1.6 * s, 1.1)),
    { ...flat(haze, 'ever-a'), o: s > 2 ? 0.4 : 0.7 },
    ink(dark, 1.1, 'ever-c'),
    ink(light, 1.1, 'ever-b'),
  ]
}

/** Wind ripples on sand. */
export const ripples = (x: number, y: number, w: number, n = 3): Mark =>
  ink(
    count(n)
      .map((i) => `M${num(x + i * 5)} ${num(y + i * 4)}q${num(w / 4)} -2.6 ${num(w / 2)} 0t${num(w / 2 - i * 6)} 0`)
      .join(''),
    0.9,
    'soft',
  )

/** A saxaul on its dune, with its number board. */
export function saxaul(): Mark[] {
  return [
    flat('M6 92C22 82 44 84 62 85C84 84 100 84 114 92C98 100 22 100 6 92Z', 'path'),
    ink('M6 92C22 82 44 84 62 85C84 84 100 84 114 92', 1, 'soft'),
    ripples(16, 93, 30),
    ripples(72, 94, 30, 2),
    ...saxaulTree(54, 88, 1.12, 7),
    shape(box(82, 70, 18, 9.6), 'stone', 1.1),
    ink('M90 90V79.600', 1.5),
    ink('M85 73.600h11M85 76.400h7', 0.9, 'soft'),
  ]
}

/** A week of bike share. */
export function bike(): Mark[] {
  return [
    mound(60, 88, 54, 8),
    ...bicycle(58, 90, 1.62, 0),
    ...grass([
      [20, 93, 3, 2],
      [102, 92, 3, 4],
    ]),
  ]
}

/** Mending instead of buying: a clock, a screwdriver, a reel of thread with its needle. */
export function repair(): Mark[] {
  const [cx, cy] = [52, 58]
  const hours = count(12)
    .map((i) => {
      const a = (i * Math.PI) / 6
      const r = i % 3 ? 19.6 : 17.6
      return trace([
        [cx + Math.cos(a) * r, cy + Math.sin(a) * r],
        [cx + Math.cos(a) * 21.6, cy + Math.sin(a) * 21.6],
      ])
    })
    .join('')
  const thread = count(5)
    .map((i) => `M91 ${72 + i * 3.4}l12-1.800`)
    .join('')
  return [
    mound(60, 91, 54, 7),
    ink('M38 78L32 91M66 78L72 91', 3.4),
    ink('M38 78L32 91M66 78L72 91', 1.4, 'wood'),
    shape('M31 39a10 10 0 0 1 15-7zM73 39a10 10 0 0 0-15-7z', 'roof', 1.3),
    ink('M52 31v-5M46 26h12', 1.8),
    shape(oval(cx, cy, 26), 'ever-a', 1.5),
    shape(oval(cx, cy, 22), 'wall', 1.1),
    ink(hours, 1),
    ink('M52 58V45M52 58l10 6', 2),
    flat(oval(cx, cy, 2.2), 'fruit'),
    shape(box(88, 67, 18, 4), 'wood', 1.2),
    shape(box(91, 71, 12, 16), 'leaf-a', 1.2),
    ink(thread, 0.9, 'ever-c'),
    shape(box(88, 87, 18, 4), 'wood', 1.2),
    ink('M103 73C112 66 104 56 98 60', 1, 'ever-c'),
    ink('M98 60L88 46', 1.4),
    shape(tilted(24, 88, 22, 6.4, -12), 'fruit', 1.2),
    ink(stroke(24, 88, -12, [11, 0], [30, 0]), 2),
    ink(stroke(24, 88, -12, [-7, -1], [6, -1]), 0.9, 'path'),
  ]
}
