import { words } from '@/words'

export const tabWords = words(
  { places: '页面', home: '家园', reductions: '减排', scenarios: '场景', mall: '兑换', me: '我的' },
  { places: 'Places', home: 'Home', reductions: 'Reductions', scenarios: 'Scenarios', mall: 'Redeem', me: 'Me' },
)
