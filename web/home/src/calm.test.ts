import { describe, expect, it } from 'vitest'

import { calmly, waitAfter } from './calm'

const state = (data: string | undefined, dataUpdateCount: number, errorUpdateCount = 0) => ({
  state: { data, dataUpdateCount, errorUpdateCount },
})

describe('asking again', () => {
  it('becomes more seldom, a minute at most', () => {
    expect([0, 1, 2, 20].map(waitAfter)).toEqual([4_000, 6_400, 10_240, 60_000])
  })
  it('begins anew when something has changed, and ends when nothing is waited for', () => {
    const wait = calmly<string>((data) => data !== 'done')
    expect(wait(state('sent', 1))).toBe(4_000)
    expect(wait(state('sent', 2))).toBe(6_400)
    expect(wait(state('sent', 2, 1))).toBe(10_240)
    expect(wait(state('confirmed', 3, 1))).toBe(4_000)
    expect(wait(state('done', 4, 1))).toBe(false)
    expect(wait(state(undefined, 0))).toBe(false)
  })
})
