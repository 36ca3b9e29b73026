/** The three families wherever they stand beside each other: their order, their green and their pattern. */
import type { Schema } from '@/api/client'

export type Family = Schema['Family']
export const FAMILIES = ['travel', 'finance', 'online'] as const satisfies readonly Family[]

/** What ECharts draws over a bar; the swatches of the legend show the same in CSS. Color alone says nothing. */
export const PATTERNS = {
  travel: null,
  finance: { dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 },
  online: {
    symbol: 'circle',
    symbolSize: 0.7,
    dashArrayX: [
      [4, 4],
      [0, 4, 4, 0],
    ],
    dashArrayY: [4, 0],
  },
} as const

export const TOKENS = { travel: '--green-1', finance: '--green-2', online: '--green-3' } as const
