import { words } from '@/words'

export const noticeWords = words(
  {
    title: '通知',
    today: '今天',
    yesterday: '昨天',
    none: '没有通知',
    noneHint: '退款扣回、能量到期、申诉答复和月结单，会在这里告诉您。',
    unread: '未读',
    toAct: '看这一条',
    toMonth: '看月结单',
    toConsents: '看授权说明',
    end: '没有更早的了',
    loadingMore: '正在加载更多',
    failedMore: '没连上，再试一次',
    unreadCount: '{n} 条未读',
  },
  {
    title: 'Notices',
    today: 'Today',
    yesterday: 'Yesterday',
    none: 'No notices',
    noneHint: 'Refunds, energy about to expire, answers to disputes and statements are told here.',
    unread: 'new',
    toAct: 'See the act',
    toMonth: 'See the statement',
    toConsents: 'See the consents',
    end: 'Nothing earlier',
    loadingMore: 'Loading more',
    failedMore: 'No connection, try again',
    unreadCount: '{n} new',
  },
)
