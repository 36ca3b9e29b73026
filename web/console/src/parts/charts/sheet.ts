/** A chart as a table: what it says in words and figures, and what goes into a file. */
export interface Sheet {
  columns: string[]
  rows: string[][]
  total?: string[]
}

/** CSV that a spreadsheet opens in the right letters, and that starts no formula. */
export function csvOf({ columns, rows, total }: Sheet): Blob {
  const lines = [columns, ...rows, ...(total ? [total] : [])].map((cells) => cells.map(cell).join(','))
  return new Blob(['\ufeff', lines.join('\r\n'), '\r\n'], { type: 'text/csv' })
}

function cell(text: string): string {
  const plain = text.replace(/−/g, '-')
  const safe = /^[=+@\t]|^-(?![\d.])/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}
