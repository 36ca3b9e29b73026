import { words } from '@/words'

export const waitingWords = words(
  {
    soon: '这一页还没有做好。',
    meanwhile: '在它做好之前，同样的事用命令行：',
    methods: '场景的开关、方法包的差异、对真实人群的影响，以及双人复核的发布。',
    risk: '速度与模式的异常标记、复核队列、暂停与放行及其理由。',
  },
  {
    soon: 'This page is not built yet.',
    meanwhile: 'Until it is, the command line does the same:',
    methods:
      'Switches of scenarios, differences between packs, their impact on the real population, publishing by two people.',
    risk: 'Flags of velocity and pattern, a queue to look through, holds and releases with reasons.',
  },
)

/** What does the work until the page is there. */
export const COMMANDS: Record<string, string[]> = {
  methods: ['ditan methodology check', 'ditan replay --pack FOLDER'],
  risk: [],
}
