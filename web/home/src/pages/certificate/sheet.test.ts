import { describe, expect, it } from 'vitest'

import { layOut, lines, widthOf, type Written } from './sheet'

const written: Written = {
  bank: '低碳家园',
  title: '植树证书',
  number: 'T-2026-000123-6',
  state: '已种下，并查看过成活情况',
  rows: [
    { name: '树种', told: 'Pinus sylvestris var. mongolica' },
    { name: '种植地', told: '内蒙古自治区阿拉善盟阿拉善左旗巴彦浩特镇以北十二公里的沙地' },
  ],
  note: '不写这棵树吸收了多少二氧化碳。',
  verify: '在这里查验：',
  address: 'https://m.bank.example/somewhere/deep/home/#/certificates/T-2026-000123-6',
  seal: '低碳家园',
  marks: () => [],
}

describe('the sheet of a certificate', () => {
  it('breaks between words, between Chinese signs, and an address anywhere', () => {
    expect(lines('Pinus sylvestris var. mongolica', 12)).toEqual(['Pinus sylvestris var.', 'mongolica'])
    expect(lines('阿拉善左旗', 3)).toEqual(['阿拉善', '左旗'])
    expect(lines(written.address, 20, true).join('')).toBe(written.address)
    for (const line of lines(written.address, 20, true)) expect(widthOf(line, true)).toBeLessThanOrEqual(20)
  })

  it('begins no line with a comma and loses nothing', () => {
    const text = '山坡上，二月里，树还没有种下。'
    const broken = lines(text, 3)
    expect(broken.join('')).toBe(text)
    expect(broken.filter((line) => /^[，。]/.test(line))).toEqual([])
  })

  it('keeps all words inside its frame, and grows with them', () => {
    const sheet = layOut(written)
    for (const { x, y, size, text, middle, family } of sheet.words) {
      const width = widthOf(text, family === 'mono') * size
      expect(middle ? x - width / 2 : x, text).toBeGreaterThan(12)
      expect(middle ? x + width / 2 : x + width, text).toBeLessThan(sheet.width - 12)
      expect(y).toBeLessThan(sheet.height - 12)
    }
    const more = layOut({ ...written, rows: [...written.rows, ...written.rows] })
    expect(more.height).toBeGreaterThan(sheet.height)
  })
})
