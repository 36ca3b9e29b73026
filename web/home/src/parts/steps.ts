/** One step on a way: done, what comes next, what may come, or broken off. */
export interface Step {
  key: string
  name: string
  /** What is to be known of it: a day, a number, a sentence. */
  told?: string | undefined
  /** A reference that anybody can follow up. */
  proof?: string | undefined
  how: 'done' | 'next' | 'later' | 'off'
}
