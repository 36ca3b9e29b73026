/** What the screen is like, as it changes: turned, zoomed, set to larger type. */
import { onScopeDispose, ref, type Ref } from 'vue'

/** Twice the size of type on a phone: things stand below each other. The unit follows the reader's own setting. */
export const CRAMPED = '(max-width: 16rem)'

export function useMedia(query: string): Ref<boolean> {
  const watched = matchMedia(query)
  const matches = ref(watched.matches)
  const look = () => (matches.value = watched.matches)
  watched.addEventListener('change', look)
  onScopeDispose(() => watched.removeEventListener('change', look))
  return matches
}
