import { words } from '@/words'

export const signInWords = words(
  {
    choose: '演示：选一位客户进入',
    demo: '这是演示银行，客户和记录都是合成的。',
  },
  {
    choose: 'Demo: choose a customer to sign in as',
    demo: 'This is a demo bank; its customers and records are made up.',
  },
)
