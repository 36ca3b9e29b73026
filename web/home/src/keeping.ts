/** Language and large type belong to the customer: they come along to another phone, and are kept when they change. */
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

import { api, intention, type Schema, told } from '@/api/client'
import { chooseGoal } from '@/goal'
import { chosenLanguage, largeType } from '@/preferences'
import { home, queryClient, settings } from '@/queries'

type Kept = Schema['Preferences']

/** Keep what the page looks like now with the account, and what else is changed. */
export async function keepChosen(change: Partial<Kept> = {}, header = intention()): Promise<void> {
  const kept = await queryClient.ensureQueryData(settings)
  const body = { ...kept, language: chosenLanguage.value, large_type: largeType.value, ...change }
  queryClient.setQueryData(settings.queryKey, await told(api.PUT('/v1/settings', { params: { header }, body })))
}

const TAKEN = 'ditan.taken'
const taken = ref(sessionStorage.getItem(TAKEN) !== null)

/** Somebody else signs in: nothing of the last customer's choice is hers. */
export function forgetChosen(): void {
  sessionStorage.removeItem(TAKEN)
  taken.value = false
  largeType.value = false
  chooseGoal(null)
}

/** Once for each sign-in, after the page shows: what was chosen on another phone. A default is no choice. */
export function takeChosen(): void {
  const { data: shown } = useQuery({ ...home, enabled: false })
  const { data: kept } = useQuery({ ...settings, enabled: computed(() => Boolean(shown.value) && !taken.value) })
  watch(kept, (found) => {
    if (!found || taken.value) return
    if (found.language !== 'auto') chosenLanguage.value = found.language
    if (found.large_type) largeType.value = true
    sessionStorage.setItem(TAKEN, '1')
    taken.value = true
  })
}
