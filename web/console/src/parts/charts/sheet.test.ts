import { describe, expect, it } from 'vitest'

import { csvOf } from './sheet'

describe('a table as CSV', () => {
  it('quotes what must be, writes a minus a program reads, and starts no formula', async () => {
    const made = csvOf({
      columns: ['名称', 'a,b'],
      rows: [
        ['=1+1', '−5'],
        ['他说"好"', '1,284.6'],
      ],
      total: ['Σ', '3'],
    })
    expect(await made.text()).toBe('\ufeff名称,"a,b"\r\n\'=1+1,-5\r\n"他说""好""","1,284.6"\r\nΣ,3\r\n')
  })
})
