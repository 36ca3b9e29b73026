import { describe, expect, it } from 'vitest'

import { others } from './others'

const METRO = {
  zh: '甲平台 52 g/次；乙市方法 516 g/次；丙市净因子 46.7 g/km。本方法缺省 374 g（8 公里）：取已公布最低因子',
  en: "Program A 52 g a ride, B's method 516 g, C's factor 46.7 g/km. Ours is 374 g by default (8 km): below B",
}

describe("others' numbers", () => {
  it('are found in both languages, without factors and without ours', () => {
    expect(others(METRO, 'zh').map(({ grams }) => grams)).toEqual([52, 516])
    expect(others(METRO, 'en')).toEqual([
      { name: 'Program A', grams: 52 },
      { name: "B's method", grams: 516 },
    ])
  })
  it('are none where a sentence gives none', () => {
    const none = {
      zh: '未见公布值；模型 720 g/次，因此只给能量',
      en: 'No published value; the model says 720 g a trip',
    }
    expect(others(none, 'zh')).toEqual([])
    expect(others(none, 'en')).toEqual([])
  })
})
