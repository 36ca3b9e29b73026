import { words } from '@/words'

export const signInWords = words(
  {
    choose: '演示：选一个岗位进入',
    demo: '这是演示银行的运营台，人员、客户和记录都是合成的。同一件事要两个人：经办提出，复核批准。',
    failed: '没能进入，请再试一次。',
  },
  {
    choose: 'Demo: choose a role to sign in as',
    demo: 'The console of a demo bank; its staff, customers and records are made up. A change takes two: an operator proposes, an approver decides.',
    failed: 'That did not work; try again.',
  },
)
