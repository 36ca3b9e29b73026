/** What energy is exchanged for. */
import { count, Dice, flat, ink, leaf, type Mark, oval, type Point, poly, project, shape, smooth } from '../scene/pen'
import { fruitsOn, grass, pine, plantedTree } from '../scene/plants'
import { box, mound, stroke, tilted, turn } from './paper'

/** The tree of the reward, in fruit, with its number board. */
export function tree(): Mark[] {
  const crown = [
    [-24, -49, 15, 10],
    [23, -56, 15, 10],
    [0, -69, 18, 12],
  ].map(([a = 0, b = 0, c = 0, d = 0]) => [54 + a, 90 + b, c, d] as const)
  return [
    mound(),
    ...plantedTree(54, 90, 1.28, 4, 'summer'),
    ...fruitsOn(crown, 9, 2.5, 5),
    ...grass([
      [22, 92, 3, 2],
      [100, 93, 3, 4],
    ]),
  ]
}

/** An oil pine of the planting batch, and two young ones. */
export function pineTree(): Mark[] {
  return [
    mound(),
    ...pine(54, 91, 0.62, 'summer'),
    ...pine(90, 92, 0.3, 'summer'),
    ...pine(24, 93, 0.24, 'summer'),
    ...grass([[74, 94, 3, 5]]),
  ]
}

/** A village school's new tap: hills, a post, a full bucket, an enamel cup. */
export function water(): Mark[] {
  const far: Point[] = [
    [4, 76],
    [16, 62],
    [30, 48],
    [38, 44],
    [48, 56],
    [60, 66],
    [72, 60],
    [84, 52],
    [96, 60],
    [114, 74],
  ]
  return [
    flat(`${smooth(far)}L114 88L4 88Z`, 'hill1'),
    ink(smooth(far), 1, 'edge'),
    mound(60, 90, 54, 9),
    shape(box(78, 36, 10, 56), 'stone', 1.4),
    shape(box(75, 31, 16, 5), 'roof', 1.3),
    shape('M78 49H62a7 7 0 0 0-7 7v4h-4v4h13v-4h-3v-3a2 2 0 0 1 2-2h15z', 'wood', 1.4),
    ink('M67 49v-6M60.500 43h13', 2.4),
    ink('M57.500 65c-.6 4 .5 6 0 9', 3, 'water-l'),
    shape('M40 73h35l-4 18.500a2.500 2.500 0 0 1-2.500 2H46.500a2.500 2.500 0 0 1-2.500-2z', 'leaf-a', 1.5),
    shape(oval(57.5, 73, 17.5, 4.4), 'water', 1.4),
    ink('M51 73.500h9M56 75.400h7', 1, 'water-l'),
    ink('M43 84c9 2.600 20 2.600 29 0', 1, 'soft'),
    shape('M94 80h14v10a2.500 2.500 0 0 1-2.500 2.500h-9A2.500 2.500 0 0 1 94 90z', 'wall', 1.3),
    ink('M108 82.500h2a3 3 0 0 1 0 6h-2', 1.3),
    ink('M94 83h14', 1.4, 'fruit'),
  ]
}

/** One drooping ear of millet. */
function ear(x: number, y: number, bend: number, s: number): Mark[] {
  const dice = new Dice(x)
  const stem = `M${x} ${y}C${x + 2} ${y - 26 * s} ${x + bend * 0.3} ${y - 44 * s} ${x + bend} ${y - 46 * s}`
  const grains = count(13).flatMap((i) => {
    const t = i / 12
    const [ex, ey] = [x + bend * (0.42 + 0.78 * t), y - 46 * s + t ** 1.7 * 24 * s - Math.sin(t * 3.14) * 2]
    return [-1, 1].map((k) =>
      shape(oval(ex + k * 2.1 * (1 - 0.3 * t), ey + dice.between(-1, 1), 2.2, 1.9), 'fence', 0.8),
    )
  })
  return [ink(stem, 1.4, 'ever-c'), ...grains]
}

/** A sack of millet from the farmers, sealed with the character for grain, and two ears. */
export function grain(): Mark[] {
  return [
    mound(58, 91, 50, 8),
    shape('M34 50C26 62 24 80 30 89C42 93 66 93 76 89C82 78 79 62 72 50Z', 'path', 1.4),
    shape('M34 50c6-3 4-9 0-14c12 3 26 3 38-1c-4 6-6 12 0 15c-12 4-26 4-38 0z', 'path', 1.4),
    ink('M35 50c12 4 25 4 36 0', 2.6, 'wood'),
    ink('M71 50c5 1 7 5 6 10', 1.6, 'wood'),
    ink('M42 42c0 3-.6 5-1 6M53 43v6M63 42c0 3 .4 5 1.400 6', 0.9, 'soft'),
    shape(box(43, 60, 21, 21), 'wall', 1.1),
    ink(
      'M50.700 63.200l-3.600 3.200M56.300 63.200l3.600 3.200M53.500 65.600l-6.800 6M53.500 65.600l6.800 6M50 72.600h7v5h-7z',
      1.5,
    ),
    shape(leaf(90, 90, -1.9, 36, 4) + leaf(92, 90, -1.1, 26, 3.4), 'ever-a', 1),
    ...ear(88, 90, 14, 1.15),
    ...ear(94, 90, 10, 0.8),
  ]
}

/** A week at the gym: card, kettlebell, towel. */
export function gym(): Mark[] {
  const [cx, cy] = [68, 45]
  const card = tilted(cx, cy, 56, 38, -9)
  const lines = stroke(cx, cy, -9, [-21, 2], [-3, 2]) + stroke(cx, cy, -9, [-21, 9], [-10, 9])
  return [
    mound(60, 91, 52, 7),
    shape(card, 'ever-a', 1.4),
    ink(stroke(cx, cy, -9, [-28, -9], [28, -9]), 1),
    ink(lines, 1.2),
    shape(oval(...turn(17, 7, cx, cy, -9), 5), 'fruit', 1),
    ink('M35 66C30 50 38 46 46 46C54 46 62 50 57 66', 8.2),
    ink('M35 66C30 50 38 46 46 46C54 46 62 50 57 66', 5.6, 'roof'),
    shape('M46 58c12 0 18 8 18 17c0 8-5 14-9 16h-18c-4-2-9-8-9-16c0-9 6-17 18-17z', 'roof', 1.4),
    ink('M34 72c1-5 4-8 8-9', 1.6, 'roof-l'),
    shape('M72 91c-2-8-1-14 1-18h24c2 5 3 11 1 18z', 'wall', 1.3),
    ink('M72.500 79h26M72 83.500h26.600', 1.3, 'wood'),
    ink('M73 73c5 2 19 2 24 0', 0.9, 'soft'),
  ]
}

/** The certificate: a hanging scroll with its seal. */
export function certificate(): Mark[] {
  return [
    ink('M60 10L40 20M60 10L80 20', 1),
    shape(box(34, 19, 52, 5), 'wood', 1.3),
    shape(box(38, 24, 44, 60), 'path', 1.3),
    shape(box(44, 30, 32, 46), 'wall', 1),
    ...plantedTree(57, 62, 0.46, 6, 'summer').slice(0, -3),
    ink('M49 64h22', 1, 'edge'),
    ink('M49 68.500h13M49 72h9', 1, 'soft'),
    flat(box(67, 66.5, 6, 6), 'fruit'),
    shape(box(33, 84, 54, 5), 'wood', 1.3),
    shape(oval(33, 86.5, 2.4, 3.4) + oval(87, 86.5, 2.4, 3.4), 'fence', 1.2),
  ]
}

/** A parcel on its way. */
export function parcel(): Mark[] {
  const P = project(50, 47)
  const [L, D, H] = [56, 40, 34]
  const face = (pts: readonly (readonly [number, number, number])[]): string =>
    poly(pts.map(([x, y, z]) => P(x, y, z - 24)))
  return [
    mound(62, 88, 52, 8),
    shape(
      face([
        [0, D, 0],
        [L, D, 0],
        [L, D, H],
        [0, D, H],
      ]),
      'fence',
      1.4,
    ),
    shape(
      face([
        [L, D, 0],
        [L, 0, 0],
        [L, 0, H],
        [L, D, H],
      ]),
      'pot',
      1.4,
    ),
    shape(
      face([
        [0, D, H],
        [L, D, H],
        [L, 0, H],
        [0, 0, H],
      ]),
      'path',
      1.4,
    ),
    shape(
      face([
        [L * 0.4, D, H],
        [L * 0.56, D, H],
        [L * 0.56, 0, H],
        [L * 0.4, 0, H],
      ]),
      'ever-a',
      1,
    ),
    shape(
      face([
        [L * 0.4, D, H],
        [L * 0.56, D, H],
        [L * 0.56, D, H * 0.62],
        [L * 0.4, D, H * 0.62],
      ]),
      'ever-a',
      1,
    ),
    shape(leaf(96, 92, -2.2, 18, 6), 'ever-b', 1.1),
  ]
}
