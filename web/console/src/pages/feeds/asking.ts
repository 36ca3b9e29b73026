/** What the pages of the feeds ask for. */
import { queryOptions } from '@tanstack/vue-query'

import { api, type Schema, told } from '@/api/client'

const PAGE = 50

type Cursor = string | undefined

/** A list, a page at a time; each page says where the next begins. */
const paged = <T extends { next_cursor: string | null }>(name: string, ask: (cursor: Cursor) => Promise<T>) => ({
  queryKey: ['feeds', name],
  queryFn: ({ pageParam }: { pageParam: Cursor }) => ask(pageParam),
  initialPageParam: undefined as Cursor,
  getNextPageParam: ({ next_cursor }: T) => next_cursor ?? undefined,
})

export const batches = paged('batches', (cursor) =>
  told(api.GET('/v1/console/feeds/batches', { params: { query: { cursor, limit: PAGE } } })),
)
export const refunds = paged('refunds', (cursor) =>
  told(api.GET('/v1/console/feeds/refunds', { params: { query: { cursor, limit: PAGE } } })),
)
export const conflicts = paged('conflicts', (cursor) =>
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
