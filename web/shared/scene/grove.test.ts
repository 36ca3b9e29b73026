import { describe, expect, it } from 'vitest'

import { alone, type Growth, hillside, promisedTree, stands } from './grove'

const GROWTHS: Growth[] = ['ordered', 'waiting', 'planned', 'planted', 'surveyed', 'replaced', 'failed', 'void']
const outline = (growth: Growth) =>
  JSON.stringify(promisedTree(growth, 'tree', 50, 50, 1, 1).map(({ d, dash }) => [d, dash]))

describe('the grove', () => {
  it('tells every state by its outline, not by color', () => {
    expect(new Set(GROWTHS.map(outline)).size).toBe(GROWTHS.length)
    expect(outline('ordered')).toContain('"3 3"')
    expect(promisedTree('surveyed', 'pine', 50, 50, 1, 1)).not.toEqual(promisedTree('surveyed', 'tree', 50, 50, 1, 1))
  })

  it('has a place for each tree, inside the picture and none on another', () => {
    for (const [width, height] of [
      [390, 240],
      [1080, 300],
    ] as const)
      for (let n = 0; n <= 24; n++) {
        const found = stands(n, width, height)
        expect(found).toHaveLength(n)
        for (const { x, y, s } of found) {
          expect(x - 14 * s, `${n}`).toBeGreaterThan(0)
          expect(x + 28 * s, `${n}`).toBeLessThan(width)
          expect(y).toBeLessThan(height)
        }
        const near = found.flatMap((a, i) =>
          found.slice(i + 1).filter((b) => Math.abs(a.y - b.y) < 12 && Math.abs(a.x - b.x) < 24 * Math.min(a.s, b.s)),
        )
        expect(near, `${n} of ${width}`).toEqual([])
      }
  })

  it('draws with paints only', () => {
    for (const mark of [...hillside(390, 240), ...alone('planted', 'tree')])
      expect(mark.fill ?? mark.stroke).toBeTruthy()
  })
})
