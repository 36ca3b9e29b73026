/** What a page tells the shell around it: where one is, and of what time its data is. */
import { onScopeDispose, ref, watchEffect } from 'vue'

export interface Crumb {
  text: string
  to?: string
}

export const dataTime = ref<string | null>(null)
export const crumbs = ref<Crumb[]>([])

/** While this page is shown. A page that says nothing has neither. */
export function useDesk(told: { at?: () => string | undefined; crumbs?: () => Crumb[] }): void {
  watchEffect(() => {
    dataTime.value = told.at?.() ?? null
    crumbs.value = told.crumbs?.() ?? []
  })
  onScopeDispose(() => {
    dataTime.value = null
    crumbs.value = []
  })
}
