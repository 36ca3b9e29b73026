/** What the console asks the API for, by name. */
import { QueryClient, queryOptions } from '@tanstack/vue-query'

import { api, type Schema, told, Unreachable } from '@/api/client'

const MINUTE = 60_000

export const queryClient = new QueryClient({
  defaultOptions: {
    // Without a network a request fails and says so, instead of waiting unseen for a better day.
    queries: {
      networkMode: 'always',
      staleTime: MINUTE,
      gcTime: 30 * MINUTE,
      refetchOnWindowFocus: false, // a figure does not change under the eyes of who reads it
      retry: (times, error) => error instanceof Unreachable && times < 2,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: () => told(api.GET('/v1/console/me')),
  staleTime: Infinity,
})

/** What waits for a second person, for the bar above every page. */
export const waitingProposals = queryOptions({
  queryKey: ['proposals', 'waiting'],
  queryFn: () => told(api.GET('/v1/console/proposals', { params: { query: { state: 'proposed', limit: 100 } } })),
})

/** What the API may leave out, an empty series or an end that is not uncertain, is there and empty. */
export type Day = Required<Schema['Day']>
export type Figure = Omit<Schema['Figure'], 'series' | 'previous_series'> & { series: Day[]; previous_series: Day[] }
export type Overview = Omit<Schema['Overview'], 'figures'> & { figures: Figure[] }

const days = (series: Schema['Day'][] = []): Day[] => series.map((day) => ({ low: null, high: null, ...day }))
const complete = (told: Schema['Overview']): Overview => ({
  ...told,
  figures: told.figures.map((each) => ({
    ...each,
    series: days(each.series),
    previous_series: days(each.previous_series),
  })),
})

/** A period of whole business days, and what it is held against. */
export interface Period {
  from: string
  to: string
  against: Schema['Against']
}

export const overview = (query: Period) =>
  queryOptions({
    queryKey: ['overview', query],
    queryFn: async () => complete(await told(api.GET('/v1/console/overview', { params: { query } }))),
    placeholderData: (before: Overview | undefined) => before,
  })

/** A list of the API, a page at a time: `items` of the pages that were asked for, in one list. */
export const pages = <T extends { next_cursor: string | null }>(
  queryKey: unknown[],
  ask: (cursor: string | undefined) => Promise<T>,
) => ({
  queryKey,
  queryFn: ({ pageParam }: { pageParam: string | undefined }) => ask(pageParam),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_cursor }: T) => next_cursor ?? undefined,
})
