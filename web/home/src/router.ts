/** The pages. Addresses stand after the #, so that the page works below any path and inside a WebView. */
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'

/** `tab`: which of the five places the page belongs to; without one there is a way back instead. */
declare module 'vue-router' {
  interface RouteMeta {
    tab?: Tab
  }
}
export type Tab = 'home' | 'reductions' | 'scenarios' | 'mall' | 'me'

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: () => import('@/pages/home/HomePage.vue'), meta: { tab: 'home' } },
  { path: '/open', name: 'open', component: () => import('@/pages/open/OpenPage.vue') },
  {
    path: '/reductions',
    name: 'reductions',
    component: () => import('@/pages/reductions/ReductionsPage.vue'),
    meta: { tab: 'reductions' },
  },
  { path: '/acts/:act', name: 'act', component: () => import('@/pages/act/ActPage.vue'), props: true },
  {
    path: '/scenarios',
    name: 'scenarios',
    component: () => import('@/pages/scenarios/ScenariosPage.vue'),
    meta: { tab: 'scenarios' },
  },
  {
    path: '/scenarios/:scenario',
    name: 'scenario',
    component: () => import('@/pages/scenarios/ScenarioPage.vue'),
    props: true,
  },
  { path: '/mall', name: 'mall', component: () => import('@/pages/mall/MallPage.vue'), meta: { tab: 'mall' } },
  { path: '/mall/:reward', name: 'reward', component: () => import('@/pages/mall/RewardPage.vue'), props: true },
  { path: '/orders', name: 'orders', component: () => import('@/pages/orders/OrdersPage.vue') },
  { path: '/orders/:order', name: 'order', component: () => import('@/pages/orders/OrderPage.vue'), props: true },
  { path: '/me', name: 'me', component: () => import('@/pages/me/MePage.vue'), meta: { tab: 'me' } },
  { path: '/me/cards', name: 'cards', component: () => import('@/pages/me/CardsPage.vue') },
  { path: '/me/consents', name: 'consents', component: () => import('@/pages/me/ConsentsPage.vue') },
  { path: '/me/settings', name: 'settings', component: () => import('@/pages/me/SettingsPage.vue') },
  { path: '/me/data', name: 'data', component: () => import('@/pages/me/DataPage.vue') },
  { path: '/statements', name: 'statements', component: () => import('@/pages/statements/StatementsPage.vue') },
  {
    path: '/statements/:month(\\d{4}-\\d{2})',
    name: 'statement',
    component: () => import('@/pages/statements/StatementPage.vue'),
    props: true,
  },
  { path: '/forest', name: 'forest', component: () => import('@/pages/forest/ForestPage.vue') },
  {
    path: '/certificates/:number?',
    name: 'certificate',
    component: () => import('@/pages/certificate/CertificatePage.vue'),
    props: true,
  },
  { path: '/donations', name: 'donations', component: () => import('@/pages/donations/DonationsPage.vue') },
  {
    path: '/projects/:project',
    name: 'project',
    component: () => import('@/pages/project/ProjectPage.vue'),
    props: true,
  },
  { path: '/notices', name: 'notices', component: () => import('@/pages/notices/NoticesPage.vue') },
  { path: '/:pathMatch(.*)*', redirect: '/' },
]

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
