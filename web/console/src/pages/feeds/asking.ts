/** What the pages of the feeds ask for. */
import { queryOptions } from '@tanstack/vue-query'

import { api, type Schema, told } from '@/api/client'
import { pages } from '@/queries'

const PAGE = 50

export const batches = pages(['feeds', 'batches'], (cursor) =>
  told(api.GET('/v1/console/feeds/batches', { params: { query: { cursor, limit: PAGE } } })),
)
export const refunds = pages(['feeds', 'refunds'], (cursor) =>
  told(api.GET('/v1/console/feeds/refunds', { params: { query: { cursor, limit: PAGE } } })),
)
export const conflicts = pages(['feeds', 'conflicts'], (cursor) =>
  told(api.GET('/v1/console/feeds/conflicts', { params: { query: { cursor, limit: PAGE } } })),
)

export const oneBatch = (batch_id: number) =>
  queryOptions({
    queryKey: ['feeds', 'batch', batch_id],
    queryFn: () => told(api.GET('/v1/console/feeds/batches/{batch_id}', { params: { path: { batch_id } } })),
  })

export const rejections = (file_sha256: string) =>
  queryOptions({
    queryKey: ['feeds', 'rejections', file_sha256],
    queryFn: () =>
      told(api.GET('/v1/console/feeds/files/{file_sha256}/rejections', { params: { path: { file_sha256 } } })),
  })

export const rejectedCsv = (file_sha256: string) => `/v1/console/feeds/files/${file_sha256}/rejected.csv`

export type Boundary = Schema['Boundary']
export type TakenFile = Schema['TakenFile']
