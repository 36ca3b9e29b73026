/** Small pictures without background, in the scene's hand, on a sheet of 120 × 100. */
import { type Mark, merge } from '../scene/pen'
import { bike, repair, saxaul } from './wares'
import { certificate, grain, gym, parcel, pineTree, tree, water } from './rewards'
import { account, empty, error, lanternStand, letter, offline } from './states'

const PICTURES = {
  tree,
  pine: pineTree,
  water,
  grain,
  gym,
  letter,
  lantern: lanternStand,
  empty,
  offline,
  error,
  account,
  certificate,
  parcel,
  saxaul,
  bicycle: bike,
  repair,
} as const
export type SpotName = keyof typeof PICTURES
export const SPOT_NAMES = Object.keys(PICTURES) as SpotName[]

/** The marks of one picture. */
export const drawSpot = (name: SpotName): Mark[] => merge(PICTURES[name]())
