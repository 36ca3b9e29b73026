/** How often to ask again for something that others change: soon at first, then ever more seldom, until it moves. */
import type { Query } from '@tanstack/vue-query'

const FIRST_MS = 4_000
const MOST_MS = 60_000
const SLOWER = 1.6

/** The wait after so many answers that said nothing new. */
export const waitAfter = (quiet: number): number => Math.min(MOST_MS, Math.round(FIRST_MS * SLOWER ** quiet))

/** For `refetchInterval`: asks while `waiting` says so. A page that is not looked at asks nothing (vue-query's own rule). */
export function calmly<T>(waiting: (data: T) => boolean) {
  let known: T | undefined
  let since = 0
  return (query: {
    state: Pick<Query<T>['state'], 'data' | 'dataUpdateCount' | 'errorUpdateCount'>
  }): number | false => {
    const { data, dataUpdateCount, errorUpdateCount } = query.state
    if (data === undefined || !waiting(data)) return false
    const asked = dataUpdateCount + errorUpdateCount
    if (data !== known) {
      known = data
      since = asked
    }
    return waitAfter(asked - since)
  }
}
