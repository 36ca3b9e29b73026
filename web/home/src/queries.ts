/** What the page asks the API for, by name. Pages use these, so that one answer serves all of them. */
import { QueryClient, queryOptions } from '@tanstack/vue-query'

import { api, Refusal, told, Unreachable } from '@/api/client'

const MINUTE = 60_000

export const queryClient = new QueryClient({
  // Without a network it is said at once. Nothing waits unseen and is then done when nobody expects it any more.
  defaultOptions: {
    // Without a network a request fails and says so, instead of waiting unseen for a better day.
    queries: {
      networkMode: 'always',
      staleTime: MINUTE / 2,
      gcTime: 30 * MINUTE,
      // A refusal is an answer; only a lost connection is worth asking again.
      retry: (times, error) => error instanceof Unreachable && times < 2,
    },
    mutations: { networkMode: 'always', retry: (times, error) => error instanceof Unreachable && times < 1 },
  },
})

/** No account yet: the page opens one instead of showing an error. */
export const hasNoAccount = (error: unknown): boolean => error instanceof Refusal && error.problem.code === 'no_account'

export const home = queryOptions({ queryKey: ['home'], queryFn: () => told(api.GET('/v1/home')) })
export const unread = queryOptions({
  queryKey: ['notices', 'unread'],
  queryFn: () => told(api.GET('/v1/notices/unread')),
})
export const balls = queryOptions({ queryKey: ['balls'], queryFn: () => told(api.GET('/v1/balls')) })
export const account = queryOptions({ queryKey: ['account'], queryFn: () => told(api.GET('/v1/account')) })
export const consents = queryOptions({ queryKey: ['consents'], queryFn: () => told(api.GET('/v1/consents')) })
export const cards = queryOptions({ queryKey: ['cards'], queryFn: () => told(api.GET('/v1/cards')) })
export const scenarios = queryOptions({ queryKey: ['scenarios'], queryFn: () => told(api.GET('/v1/scenarios')) })
export const settings = queryOptions({ queryKey: ['settings'], queryFn: () => told(api.GET('/v1/settings')) })
export const statements = queryOptions({ queryKey: ['statements'], queryFn: () => told(api.GET('/v1/statements')) })
export const rewards = queryOptions({ queryKey: ['rewards'], queryFn: () => told(api.GET('/v1/rewards')) })
export const reward = (id: string) =>
  queryOptions({
    queryKey: ['rewards', id],
    queryFn: () => told(api.GET('/v1/rewards/{reward_id}', { params: { path: { reward_id: id } } })),
  })
