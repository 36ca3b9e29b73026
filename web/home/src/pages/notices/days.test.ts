import { expect, it } from 'vitest'

import type { Schema } from '@/api/client'

import { byDay } from './days'

const at = (at: string) => ({ at }) as Schema['Notice']

it('stands under the day of the bank, not of universal time', () => {
  const days = byDay([at('2026-07-31T16:00:00Z'), at('2026-07-31T15:59:59Z'), at('2026-07-31T01:00:00Z')])
  expect(days.map(({ day, notices }) => [day, notices.length])).toEqual([
    ['2026-08-01', 1],
    ['2026-07-31', 2],
  ])
})
