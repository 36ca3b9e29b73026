/** What a change changed, in one line: "state: proposed → applied, amount 50". */
type Told = Record<string, unknown> | null | undefined

const one = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

export function saidDiff(before: Told, after: Told): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return names
    .filter((name) => (before?.[name] ?? null) !== null || (after?.[name] ?? null) !== null)
    .map((name) => {
      const [was, is] = [before?.[name], after?.[name]]
      if (was === undefined || was === null) return `${name} ${one(is)}`
      if (is === undefined || is === null || one(was) === one(is)) return `${name} ${one(was)}`
      return `${name} ${one(was)} → ${one(is)}`
    })
    .join(', ')
}
