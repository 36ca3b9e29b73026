import { words } from '@/words'

export const tabWords = words(
  { places: '页面', home: '家园', reductions: '减排', scenarios: '场景', mall: '兑换', me: '我的' },
  { places: 'Places', home: 'Home', reductions: 'Reductions', scenarios: 'Scenarios', mall: 'Redeem', me: 'Me' },
)

export const stepWords = words(
  { done: '已完成：', next: '接下来：', later: '以后：', off: '已中止：', proof: '凭据' },
  { done: 'Done:', next: 'Next:', later: 'Later:', off: 'Ended:', proof: 'Evidence' },
)
