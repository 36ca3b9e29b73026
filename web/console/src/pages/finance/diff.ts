/** What a change changed, in one line: "state proposed → applied, available_energy 820 → 870". */
type Told = Record<string, unknown> | null | undefined

const one = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

export function saidDiff(before: Told, after: Told): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return names
    .filter((name) => !name.endsWith('_after') || !names.includes(name.slice(0, -'_after'.length)))
    .filter((name) => (before?.[name] ?? null) !== null || (after?.[name] ?? null) !== null)
    .map((name) => {
      const foreseen = after?.[`${name}_after`] // what a proposal would make of it
      const [was, is] = foreseen === undefined ? [before?.[name], after?.[name]] : [after?.[name], foreseen]
      if (was === undefined || was === null) return `${name} ${one(is)}`
      if (is === undefined || is === null || one(was) === one(is)) return `${name} ${one(was)}`
      return `${name} ${one(was)} → ${one(is)}`
    })
    .join(', ')
}
