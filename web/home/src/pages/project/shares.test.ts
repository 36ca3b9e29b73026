import { describe, expect, it } from 'vitest'

import { type Project, shares } from './shares'

const project = (given: Partial<Project>): Project =>
  ({ ceiling_fen: 10_000, received_fen: 0, sent_fen: 0, given_fen: 0, pledged_fen: 0, ...given }) as Project

describe('the shares of a project', () => {
  it('stand one after the other, in hundredths of the ceiling', () => {
    const found = shares(project({ received_fen: 2_500, sent_fen: 1_000, pledged_fen: 500 }))
    expect(found.map(({ place, from, wide }) => [place, from, wide])).toEqual([
      ['received', 0, 25],
      ['sent', 25, 10],
      ['given', 35, 0],
      ['pledged', 35, 5],
    ])
  })

  it('shows the smallest, and never more than there is', () => {
    expect(shares(project({ received_fen: 1 }))[0]?.wide).toBe(0.5)
    const full = shares(project({ received_fen: 10_000, sent_fen: 100 }))
    expect(full.reduce((sum, { wide }) => sum + wide, 0)).toBe(100)
  })
})
