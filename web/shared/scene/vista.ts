/** A wide piece of land for one thing to stand in: what a reward looks like where it comes from. */
import { ripples, saxaulTree } from '../spots/wares'
import { drawSpot, type SpotName } from '../spots/spots'
import { farHills, midHills, mist, under } from './land'
import { flat, ink, type Mark, type Point, smooth } from './pen'
import { bigTree, board, fruitsOn, grass, pine, plantedTree, roundTree } from './plants'

export const VISTA_BOX = '-520 224 1430 246'
const NEAR: readonly Point[] = [
  [-540, 372],
  [-380, 380],
  [-195, 386],
  [-60, 376],
  [60, 372],
  [190, 380],
  [300, 372],
  [420, 366],
  [600, 374],
  [930, 366],
]
const FRONT: readonly Point[] = [
  [-540, 436],
  [-300, 430],
  [-120, 424],
  [60, 420],
  [200, 428],
  [340, 432],
  [500, 424],
  [700, 430],
  [930, 424],
]

const land = (sand: boolean): Mark[] => [
  ...farHills(true),
  ...mist(true),
  ...midHills(true),
  flat(under(NEAR), 'ground1'),
  ink(smooth(NEAR), 1.1, 'edge'),
  flat(under(FRONT), sand ? 'path' : 'ground2'),
]

/** Two rows of what is planted beside it. */
const ROWS = [
  [262, 408, 0.62],
  [312, 404, 0.6],
  [358, 408, 0.62],
  [408, 404, 0.58],
  [470, 406, 0.6],
  [532, 404, 0.58],
  [238, 424, 0.72],
  [290, 422, 0.7],
  [342, 426, 0.72],
  [396, 422, 0.7],
  [452, 424, 0.7],
  [514, 422, 0.7],
  [-118, 410, 0.6],
  [-64, 406, 0.56],
  [-150, 424, 0.7],
  [-92, 424, 0.68],
  [-208, 408, 0.6],
  [-266, 410, 0.58],
  [-236, 426, 0.7],
  [-306, 426, 0.68],
  [-352, 410, 0.6],
  [594, 406, 0.6],
  [652, 404, 0.58],
  [574, 424, 0.7],
  [636, 424, 0.7],
  [704, 408, 0.6],
  [764, 424, 0.68],
] as const

const CROWN = [
  [-42, -84, 29, 20],
  [40, -97, 29, 20],
  [0, -119, 35, 24],
] as const

function trees(): Mark[] {
  const crown = CROWN.map(([x, y, rx, ry]) => [116 + x, 446 + y, rx, ry] as const)
  return [
    ...ROWS.flatMap(([x, y, s]) => roundTree(x, y, s, x + 400, 'summer', 'ch')),
    ...plantedTree(116, 446, 2.2, 4, 'summer'),
    ...fruitsOn(crown, 12, 3.6, 5),
  ]
}

const pines = (): Mark[] => [
  ...ROWS.flatMap(([x, y, s]) => pine(x, y, s * 0.5, 'summer')),
  ...pine(116, 446, 1.5, 'summer'),
  ...board(146, 446, 2.2),
]

const shrubs = (): Mark[] => [
  ...ROWS.flatMap(([x, y, s]) => saxaulTree(x, y, s * 0.8, x + 400)),
  ripples(-150, 446, 90),
  ripples(30, 456, 70),
  ripples(210, 442, 80),
  ripples(320, 456, 70),
  ripples(440, 446, 90),
  ...saxaulTree(116, 450, 2.3, 7),
  ...board(176, 450, 2.2),
]

const clumps = grass([
  [18, 452, 4, 2],
  [66, 446, 3, 4],
  [196, 450, 4, 7],
  [268, 448, 3, 9],
  [352, 452, 4, 11],
  [-80, 450, 4, 13],
  [-150, 446, 3, 15],
  [440, 448, 4, 17],
  [530, 452, 3, 19],
])

/** `planted`: it grows there and needs no stand. Everything else stands in front as its small picture, enlarged. */
export interface Vista {
  land: Mark[]
  planted: Mark[]
  stood: Mark[]
}

const GROWN: Partial<Record<SpotName, () => Mark[]>> = { tree: trees, pine: pines, saxaul: shrubs }

export function drawVista(name: SpotName): Vista {
  const grown = GROWN[name]
  const sand = name === 'saxaul'
  if (grown) return { land: land(sand), planted: [...grown(), ...(sand ? [] : clumps)], stood: [] }
  const beside = [...roundTree(478, 410, 0.9, 12, 'summer'), ...bigTree(-104, 432, 0.62, 3, 'summer')]
  return { land: land(false), planted: [...beside, ...clumps], stood: drawSpot(name) }
}
