import { expect, it } from 'vitest'

import { fareBand } from './fare'

it('a fare names a band of distances, or one without an end, or none', () => {
  const told = (span: string) =>
    `a fare of 3 yuan is ${span} in the city's table: its 25th percentile 4.9 km is taken (mean 5.9 km)`
  expect(fareBand(told('4–8 km'))).toEqual({ from: 4, to: 8, claimed: 4.9, mean: 5.9 })
  expect(fareBand(told('> 92 km'))).toEqual({ from: 92, to: null, claimed: 4.9, mean: 5.9 })
  expect(fareBand('the event itself is the unit')).toBeNull()
})
