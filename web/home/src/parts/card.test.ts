import { beforeEach, describe, expect, it } from 'vitest'

import { chosenLanguage } from '@/preferences'

import { cardName } from './card'

describe('what a card is called', () => {
  beforeEach(() => (chosenLanguage.value = 'zh'))

  it('is its kind and its last digits', () => {
    expect(cardName({ product: 'debit', label: '6217' })).toBe('借记卡 尾号 6217')
    chosenLanguage.value = 'en'
    expect(cardName({ product: 'credit', label: '8842' })).toBe('Credit card ending 8842')
  })

  it('is what the bank calls it', () => expect(cardName({ product: 'debit', label: '工资卡' })).toBe('工资卡'))

  it('is its kind when the bank no longer lists it', () =>
    expect(cardName({ product: 'credit', label: '' })).toBe('信用卡'))
})
