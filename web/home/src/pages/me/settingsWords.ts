import { words } from '@/words'

export const settingsWords = words(
  {
    settings: '设置',
    look: '显示',
    language: '语言',
    languageAuto: '跟随手机',
    theme: '日夜',
    themeAuto: '自动',
    light: '日',
    dark: '夜',
    large: '大字版',
    largeHint: '字和按钮都更大，能量排成列表。',
    choosing: '个性化',
    personalised: '按我的行为推荐',
    personalisedHint:
      '默认关闭。打开后，场景、活动和提醒可以按您的绿色行为排序；关着时，每位客户看到的都一样。不影响减排量和能量的计算，也不使用行踪。',
    kept: '已保存',
    onPhone: '开通之前，这些设置只存在这部手机上。',
  },
  {
    settings: 'Settings',
    look: 'Appearance',
    language: 'Language',
    languageAuto: 'Auto',
    theme: 'Light or dark',
    themeAuto: 'Auto',
    light: 'Light',
    dark: 'Dark',
    large: 'Large type',
    largeHint: 'Larger letters and buttons; energy as a list.',
    choosing: 'Personalization',
    personalised: 'Recommend by what I do',
    personalisedHint:
      'Off unless you switch it on. If on, scenarios, campaigns and reminders may be ordered by your green acts; if off, every customer sees the same. It never changes reductions or energy and never uses whereabouts.',
    kept: 'Saved',
    onPhone: 'Until an account is open, these settings are kept on this phone only.',
  },
)
