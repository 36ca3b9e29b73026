/** What the console asks the API for, by name. */
import { QueryClient } from '@tanstack/vue-query'

import { Unreachable } from '@/api/client'

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
