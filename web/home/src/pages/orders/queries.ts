/** What the pages of orders ask for; while something is under way they ask again by themselves, calmly. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/vue-query'

import { api, type Schema, told } from '@/api/client'
import { calmly } from '@/calm'

import { isUnderWay } from './order'

export const orderList = () =>
  infiniteQueryOptions({
    queryKey: ['orders', 'list'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      told(api.GET('/v1/orders', { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    getNextPageParam: (page: Schema['Orders']) => page.next_cursor,
    refetchInterval: calmly(({ pages }: { pages: Schema['Orders'][] }) =>
      pages.some(({ orders }) => orders.some(isUnderWay)),
    ),
    refetchOnWindowFocus: true,
  })

export const oneOrder = (id: string) =>
  queryOptions({
    queryKey: ['orders', id],
    queryFn: () => told(api.GET('/v1/orders/{order_id}', { params: { path: { order_id: id } } })),
    refetchInterval: calmly(isUnderWay),
    refetchOnWindowFocus: true,
  })
