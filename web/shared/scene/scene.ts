/** The living picture. One drawing; stage, season, hour and weather are its parameters. */
import type { Hour, Season } from './calendar'
import { dashedHouse, HOME_PLAN, house, panels, roofPoint, WING_PLAN } from './house'
import {
  birds,
  bicycle,
  beds,
  cat,
  dryingFruit,
  falling,
  fence,
  jar,
  lantern,
  litter,
  lowWall,
  pond,
  stones,
} from './things'
import {
  BOTTOM,
  clouds,
  farHills,
  type Frame,
  midHills,
  mist,
  moon,
  skyBands,
  stars,
  stretch,
  sun,
  train,
  under,
  viaduct,
  weatherMarks,
} from './land'
import { flat, ink, layer, type Layer, type Mark, oval, poly, type Point, project, smooth } from './pen'
import { bamboo, bigTree, flowers, grass, plantedTree, roundTree, seedling, shrub } from './plants'
import { wideBack, wideFront } from './wide'

export type Stage = 1 | 2 | 3 | 4 | 5
export type Weather = 'clear' | 'rain'
export interface Planted {
  x: number
  label: string
}
export interface SceneOptions {
  stage: Stage
  season: Season
  hour: Hour
  weather?: Weather
  wide?: boolean
  planted?: readonly Planted[]
  /** Empty sky above the land, for numbers that stand on the picture. */
  sky?: number
}

const YARD = project(120, 398)
const WING = project(300, 404)
const NEAR: readonly Point[] = [
  [-10, 394],
  [30, 386],
  [74, 390],
  [130, 380],
  [200, 384],
  [270, 374],
  [330, 368],
  [400, 360],
]
const NEAR_LEFT: readonly Point[] = [
  [-540, 350],
  [-460, 346],
  [-380, 352],
  [-300, 366],
  [-220, 378],
  [-130, 384],
  [-60, 390],
  [-10, 392],
]
const NEAR_RIGHT: readonly Point[] = [
  [396, 361],
  [460, 356],
  [540, 360],
  [640, 370],
  [740, 366],
  [830, 356],
  [930, 352],
]
const FRONT: readonly Point[] = [
  [-10, 446],
  [60, 430],
  [140, 424],
  [240, 432],
  [330, 430],
  [400, 420],
]
const FRONT_LEFT: readonly Point[] = [
  [-540, 486],
  [-460, 478],
  [-380, 484],
  [-300, 478],
  [-200, 462],
  [-110, 452],
  [-20, 448],
]
const FRONT_RIGHT: readonly Point[] = [
  [392, 422],
  [460, 426],
  [560, 440],
  [660, 438],
  [760, 430],
  [850, 434],
  [930, 428],
]

/** The part of the plane that is shown: the phone's, or the wide one. */
export function frameOf({ wide = false, sky = 0 }: Pick<SceneOptions, 'wide' | 'sky'>): Frame {
  return wide ? { x0: -520, x1: 910, y0: 180 - sky } : { x0: 0, x1: 390, y0: 180 - sky }
}
export function viewBox(options: Pick<SceneOptions, 'wide' | 'sky'>): string {
  const { x0, x1, y0 } = frameOf(options)
  return `${x0} ${y0} ${x1 - x0} ${BOTTOM - y0}`
}

const isDark = (hour: Hour): boolean => hour === 'dusk' || hour === 'night'

function heaven(o: SceneOptions, frame: Frame): Layer[] {
  const rain = o.weather === 'rain'
  const out = [layer('sky', skyBands(frame))]
  if (o.hour === 'night' && !rain) out.push(layer('stars', stars(o.season, frame), 'blink'))
  if (!rain) out.push(layer('light', isDark(o.hour) ? moon(o.hour) : sun(o.hour)))
  if (rain || o.hour === 'day') out.push(layer('clouds', clouds(frame, rain), 'mist'))
  return out
}

function distance(o: SceneOptions, frame: Frame): Layer[] {
  const wide = o.wide ?? false
  const out = [
    layer('far', farHills(wide)),
    layer('mist', mist(wide), 'mist'),
    layer('mid', midHills(wide)),
    layer('viaduct', viaduct(frame.x1 + 20)),
    layer('train', train(wide ? 5 : 3), 'train'),
  ]
  if (o.stage > 1 && o.weather !== 'rain' && o.hour !== 'night') out.push(layer('birds', birds(o.season)))
  return out
}

/** The path from the door to the reader, its stones, and the light that falls on it after dark. */
function doorPath(o: SceneOptions): Layer {
  const marks: Mark[] = [
    flat(
      'M136 450C130 470 126 488 132 504C139 524 166 540 170 566C173 590 168 606 164 640L226 640C229 606 231 582 223 560C214 536 184 520 178 502C174 490 172 476 172 455Z',
      'path',
    ),
    ink(
      smooth([
        [134, 456],
        [130, 482],
        [133, 506],
        [151, 532],
        [169, 562],
        [170, 596],
        [165, 636],
      ]),
      1,
      'soft',
      '30 6 54 10',
    ),
    ink(
      smooth([
        [172, 460],
        [174, 484],
        [180, 506],
        [202, 532],
        [222, 560],
        [227, 594],
        [226, 636],
      ]),
      1,
      'soft',
      '44 9 30 6',
    ),
  ]
  if (isDark(o.hour) && o.stage > 1)
    marks.push(
      flat(
        poly([
          [136, 450],
          [172, 455],
          [173.5, 474],
          [131, 470],
        ]),
        'glow',
      ),
      flat(
        poly([
          [131, 470],
          [173.5, 474],
          [176, 492],
          [130.5, 488],
        ]),
        'glow2',
      ),
    )
  return layer('path', [
    ...marks,
    ...stones(
      [
        [155, 483, 12, 4.2, 8],
        [153, 502, 12, 4.4, 4],
        [171, 522, 14, 5, 10],
        [192, 544, 14, 5.2, 12],
        [198, 572, 15, 5.6, 6],
        [196, 606, 16, 6, 4],
      ],
      o.season,
    ),
  ])
}

function ground(o: SceneOptions): Layer[] {
  const wide = o.wide ?? false
  const near = stretch(NEAR_LEFT, NEAR, NEAR_RIGHT, wide)
  const front = stretch(FRONT_LEFT, FRONT, FRONT_RIGHT, wide)
  const out = [layer('near', [flat(under(near), 'ground1'), ink(smooth(near), 1.1, 'edge')])]
  if (wide) out.push(...wideBack(o.stage, o.season))
  if (o.stage >= 3)
    out.push(
      layer(
        'copse',
        (
          [
            [300, 376, 0.5],
            [326, 371, 0.58],
            [372, 366, 0.54],
            [6, 392, 0.5],
          ] as const
        ).flatMap(([x, y, s]) => roundTree(x, y, s, x, o.season)),
        'sway',
      ),
    )
  return [...out, layer('front', [flat(under(front), 'ground2')]), doorPath(o)]
}

/** The house with what hangs from it. */
function home(o: SceneOptions): Layer[] {
  const { stage, season } = o
  const plan = { at: YARD, ...HOME_PLAN, season }
  const under = (u: number): Point => roofPoint(plan, u, 1)
  const out: Layer[] = []
  if (stage >= 5) out.push(layer('wing', house({ at: WING, ...WING_PLAN, season })))
  else if (stage >= 3) out.push(layer('bamboo', bamboo(290, 436, 7, 4, 84), 'sway'))
  out.push(layer('house', house(plan)))
  if (stage >= 3) out.push(layer('solar', panels(plan)))
  if (stage >= 4)
    out.push(
      layer(
        'lanterns',
        [0.385, 0.625].map(under).flatMap(([x, y]) => lantern(x, y + 1, 0.82)),
      ),
    )
  if (season === 'autumn' && stage >= 3)
    out.push(
      layer(
        'drying',
        [0.1, 0.15, 0.85, 0.9].map(under).flatMap(([x, y], i) => dryingFruit(x, y + 2, 4 + (i % 2))),
      ),
    )
  return out
}

/** What grows and stands in the yard, by stage. */
function yard(o: SceneOptions): Layer[] {
  const { stage, season } = o
  const rain = o.weather === 'rain'
  const ripe = season === 'autumn' || season === 'winter'
  const out = [layer('shrub', shrub(70, 446, 0.9, 6))]
  if (stage >= 5) out.push(layer('bamboo-low', bamboo(292, 462, 5, 8, 50), 'sway'))
  if (stage >= 3) out.push(layer('jar', jar(262, 474, 0.9, season)), layer('beds', beds(YARD, 200, 132, season)))
  if (stage >= 4)
    out.push(
      layer('pond', pond(50, 512, 0.92, season, rain)),
      layer('persimmon@4', roundTree(16, 480, 0.9, 31, season, 'pe', ripe ? 9 : 0), 'sway'),
      layer('shrub-pond', shrub(98, 500, 0.6, 12)),
    )
  else if (stage >= 3)
    out.push(
      layer('persimmon@3', roundTree(36, 500, 1, 31, season, 'pe', ripe ? 5 : 0), 'sway'),
      layer('shrub-path', shrub(236, 520, 0.62, 12)),
    )
  else out.push(layer('persimmon@2', roundTree(36, 500, 0.62, 31, season, 'pe'), 'sway'))
  if (stage >= 3 && !rain) out.push(layer('cat', cat(112, 468, 0.8)))
  return out
}

/** Fences, bicycle and the trees that the customer planted. */
function foreground(o: SceneOptions): Layer[] {
  const { stage, season } = o
  const out: Layer[] = []
  if (stage === 3) out.push(layer('fence-left', fence(YARD, 14, 104, 262, season)))
  if (stage >= 3)
    out.push(layer('fence', fence(YARD, 196, 420, 262, season)), layer('bicycle', bicycle(292, 566, 0.92)))
  if (stage >= 5) out.push(layer('cherry', plantedTree(358, 600, 0.94, 4, season, season === 'summer' ? 7 : 0), 'sway'))
  for (const [i, p] of (o.planted ?? []).entries())
    out.push(layer(`planted:${i}:${p.label}`, plantedTree(p.x, 612 + (i % 2) * 12, 0.8, 90 + i, season), 'sway'))
  return out
}

/** Grass, flowers, petals and fireflies. */
function meadow(o: SceneOptions, frame: Frame): Layer[] {
  const { stage, season } = o
  const clumps = (
    [
      [stage < 4 ? 16 : 112, stage < 4 ? 512 : 552, 4, 3],
      [108, 536, 3, 5],
      [240, 548, 4, 7],
      [352, 470, 4, 11],
      [30, 574, 4, 13],
      [128, 590, 3, 15],
      [262, 600, 4, 17],
      [364, 612, 4, 19],
      [52, 452, 3, 2],
    ] as const
  ).slice(0, stage === 1 ? 0 : undefined)
  const bare = [
    [300, 470, 4, 3],
    [340, 452, 4, 5],
    [30, 446, 3, 9],
    [256, 488, 3, 12],
    [90, 560, 4, 21],
    [330, 560, 3, 22],
    [40, 610, 3, 23],
  ] as const
  const out = [layer(`grass@${stage > 1 ? 2 : 1}`, grass(stage === 1 ? bare : clumps))]
  if (season !== 'winter' && stage >= 2)
    out.push(
      layer(
        `flowers@${Math.min(stage, 4)}`,
        flowers(
          [
            [110, 612, 5, 2],
            [54, 596, 4, 3],
            ...(stage >= 4
              ? ([
                  [258, 582, 5, 4],
                  [20, 548, 4, 6],
                ] as const)
              : []),
          ],
          season === 'spring' ? 'petal' : 'flower',
        ),
      ),
    )
  if (stage >= 2 && o.weather !== 'rain')
    out.push(layer('litter', litter(season, frame.x0, frame.x1, 8)), layer('falling', falling(season), 'drift'))
  if (season === 'summer' && o.hour === 'night' && o.weather !== 'rain')
    out.push(
      layer(
        'fireflies',
        [
          [96, 560],
          [252, 520],
          [322, 500],
          [28, 470],
          [228, 604],
          [140, 620],
          [370, 540],
        ].flatMap(([x = 0, y = 0]) => [flat(oval(x, y, 4.5), 'glow2'), flat(oval(x, y, 1.5), 'star')]),
        'blink',
      ),
    )
  return out
}

/** Draws the picture, back to front. */
export function drawScene(o: SceneOptions): Layer[] {
  const frame = frameOf(o)
  const { stage, season } = o
  const out = [...heaven(o, frame), ...distance(o, frame), ...ground(o)]
  if (stage === 1) out.push(layer('plan', dashedHouse(YARD)), layer('seedling', seedling(64, 470, 1.25)))
  else {
    if (stage >= 3) out.push(layer('wall', lowWall(YARD, -150, -8, 20, season)))
    const size = { 2: 0.5, 3: 0.86, 4: 0.97, 5: 1.06 }[stage]
    out.push(layer(`tree@${stage}`, bigTree(66, 426, size, 21, season), 'sway'), ...home(o), ...yard(o))
  }
  if (o.wide) out.push(...wideFront(stage, season))
  if (stage > 1) out.push(...foreground(o))
  out.push(...meadow(o, frame))
  if (o.weather === 'rain')
    out.push(...[1, 2, 3].map((k) => layer(`weather${k}`, weatherMarks(season, frame, k), 'fall')))
  return out.filter((l) => l.marks.length > 0)
}

/** How many SVG nodes a drawing has. */
export const nodeCount = (layers: readonly Layer[]): number => layers.reduce((n, l) => n + 1 + l.marks.length, 0)
