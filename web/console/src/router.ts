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
  ...['methods', 'feeds', 'rewards', 'customers', 'risk', 'finance', 'changes'].map(waiting),
  { path: '/:pathMatch(.*)*', redirect: '/' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
