import { describe, expect, it } from 'vitest'

import { drawn, inOrder } from './equation'

const read = (formula: string, numbers: string) =>
  drawn(formula, numbers)
    ?.pieces.map((piece) => (piece.kind === 'sign' ? piece.sign : `${piece.value}:${piece.name}`))
    .join(' ')

describe('an equation', () => {
  it('stands as a product, without haircuts that take nothing', () => {
    const shape = drawn('quantity * metro_net * additionality * (1 - conservative_cut)', '4.9 * 46.7 * 1 * (1 - 0)')
    expect(shape?.whole).toBe(true)
    expect(read('quantity * metro_net * additionality * (1 - conservative_cut)', '4.9 * 46.7 * 1 * (1 - 0)')).toBe(
      '4.9:quantity × 46.7:metro_net',
    )
  })
  it('keeps haircuts that take something', () => {
    expect(read('quantity * a * additionality * (1 - conservative_cut)', '2 * 3 * 0.5 * (1 - 0)')).toBe(
      '2:quantity × 3:a × 0.5:additionality × ( 1: − 0:conservative_cut )',
    )
  })
  it('leaves out parentheses around everything, and no others', () => {
    const tail = ' * additionality * (1 - conservative_cut)'
    expect(read(`(quantity * b - quantity * p)${tail}`, '(1 * 9 - 1 * 0.5) * 1 * (1 - 0)')).toBe(
      '1:quantity × 9:b − 1:quantity × 0.5:p',
    )
    expect(read(`(a + b) * (c + d)${tail}`, '(1 + 2) * (3 + 4) * 1 * (1 - 0)')).toBe('( 1:a + 2:b ) × ( 3:c + 4:d )')
  })
  it('is text when it has no shape to draw', () => {
    expect(drawn('min(a, b)', 'min(1, 2)')).toBeNull()
    expect(drawn('a * b', '1')).toBeNull()
    expect(drawn(Array(20).fill('a').join(' + '), Array(20).fill('1').join(' + '))).toBeNull()
  })
})

it('factors stand in the order of the formula, by whole names', () => {
  const all = [{ id: 'net' }, { id: 'extra' }, { id: 'bus_net' }, { id: 'cut' }]
  expect(inOrder('quantity * bus_net * cut + net', all).map(({ id }) => id)).toEqual(['bus_net', 'cut', 'net', 'extra'])
})
