import { words } from '@/words'

export const chartWords = words(
  {
    previous: '上期',
    point: '指向某一天可读出数值；也可以换成表。',
    asTable: '看表',
    asChart: '看图',
    csv: '下载 CSV',
    link: '复制链接',
    copied: '链接已复制',
    empty: '这一期没有数据',
    emptyHint: '换一个时段，或看看数据接入。',
  },
  {
    previous: 'previous',
    point: 'Point at a day to read it, or switch to the table.',
    asTable: 'Show table',
    asChart: 'Show chart',
    csv: 'Download CSV',
    link: 'Copy link',
    copied: 'Link copied',
    empty: 'Nothing in this period',
    emptyHint: 'Choose another period, or look at the feeds.',
  },
)
