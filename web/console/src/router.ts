/** The places. Addresses stand after the #, so that a link to anything holds below any path. */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'

/** `place`: which of the seven the page belongs to; `needs`: the operation of the API that its reader must be let into. */
declare module 'vue-router' {
  interface RouteMeta {
    place?: string
    needs?: string
  }
}

const waiting = (place: string): RouteRecordRaw => ({
  path: `/${place}`,
  name: place,
  component: () => import('@/pages/waiting/WaitingPage.vue'),
  props: { place },
  meta: { place },
})

export const routes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'overview',
    component: () => import('@/pages/overview/OverviewPage.vue'),
    meta: { place: 'overview', needs: 'get_console_overview' },
  },
  {
    path: '/finance/books',
    name: 'finance/books',
    component: () => import('@/pages/finance/BooksPage.vue'),
    meta: { place: 'finance', needs: 'get_console_finance_reconciliation' },
  },
  ...['finance', 'finance/accesses'].map((path): RouteRecordRaw => {
    const log = path === 'finance' ? 'changes' : 'accesses'
    return {
      path: `/${path}`,
      name: path,
      component: () => import('@/pages/finance/LogsPage.vue'),
      props: { log },
      meta: { place: 'finance', needs: `get_console_${log}` },
    }
  }),
  {
    path: '/changes/:proposal?',
    name: 'changes',
    component: () => import('@/pages/changes/ChangesPage.vue'),
    props: true,
    meta: { place: 'changes', needs: 'get_console_proposals' },
  },
  {
    path: '/customers/:customer?',
    name: 'customers',
    component: () => import('@/pages/customers/CustomersPage.vue'),
    props: true,
    meta: { place: 'customers' },
  },
  {
    path: '/rewards/:part(accounts|orders|plantings|transfers)?',
    name: 'rewards',
    component: () => import('@/pages/rewards/RewardsPage.vue'),
    props: true,
    meta: { place: 'rewards', needs: 'get_console_rewards' },
  },
  {
    path: '/methods',
    name: 'methods',
    component: () => import('@/pages/methods/MethodsPage.vue'),
    meta: { place: 'methods', needs: 'get_console_methodology' },
  },
  {
    path: '/methods/:proposal',
    name: 'method',
    component: () => import('@/pages/methods/ChangePage.vue'),
    props: true,
    meta: { place: 'methods', needs: 'get_console_methodology' },
  },
  waiting('risk'),
  ...(['batches', 'refunds', 'conflicts'] as const).map((view): RouteRecordRaw => ({
    path: view === 'batches' ? '/feeds' : `/feeds/${view}`,
    name: `feeds-${view}`,
    component: () => import('@/pages/feeds/FeedsPage.vue'),
    props: { view },
    meta: { place: 'feeds', needs: `get_console_feeds_${view}` },
  })),
  {
    path: '/feeds/batches/:batch(\\d+)',
    name: 'feeds-batch',
    component: () => import('@/pages/feeds/BatchPage.vue'),
    props: true,
    meta: { place: 'feeds', needs: 'get_console_feeds_batches_batch_id' },
  },
  { path: '/:pathMatch(.*)*', redirect: '/' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
