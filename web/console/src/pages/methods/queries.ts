import { queryOptions } from '@tanstack/vue-query'

import { api, type Schema, told } from '@/api/client'

const PACE_MS = 1_000

export type Change = Schema['MethodologyChange']
export type Methodology = Schema['MethodologyView']

export const methodology = queryOptions({
  queryKey: ['methodology'],
  queryFn: () => told(api.GET('/v1/console/methodology')),
})

export const waitingMethods = queryOptions({
  queryKey: ['proposals', 'methodology'],
  queryFn: () =>
    told(
      api.GET('/v1/console/proposals', { params: { query: { kind: 'methodology', state: 'proposed', limit: 100 } } }),
    ),
})

/** A proposed methodology; asked for again as long as its impact is being computed. */
export const methodChange = (proposal: string) =>
  queryOptions({
    queryKey: ['methodology', proposal],
    queryFn: () =>
      told(api.GET('/v1/console/methodology/changes/{proposal_id}', { params: { path: { proposal_id: proposal } } })),
    refetchInterval: ({ state }) => (state.data?.study?.state === 'running' ? PACE_MS : false),
    refetchIntervalInBackground: false,
  })
