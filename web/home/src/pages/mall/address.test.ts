import { describe, expect, it } from 'vitest'

import { wrongLines } from './address'

const whole = { recipient: '王芳', phone: '138 0013 8000', region: '北京市东城区', street: '安定门外大街 1 号' }

describe('an address', () => {
  it('has four lines', () => {
    expect(wrongLines(whole)).toEqual([])
    expect(wrongLines({ ...whole, street: '  ', recipient: '' })).toEqual(['recipient', 'street'])
  })
  it('has a number that can be called', () => {
    expect(wrongLines({ ...whole, phone: '010-6401 2233' })).toEqual([])
    expect(wrongLines({ ...whole, phone: '+86 13800138000' })).toEqual([])
    expect(wrongLines({ ...whole, phone: '打电话' })).toEqual(['phone'])
    expect(wrongLines({ ...whole, phone: '12345' })).toEqual(['phone'])
  })
})
