/** The page's own files stay on the phone, so that it opens without a network. Answers of the API are never kept. */
import { ref } from 'vue'

export const online = ref(navigator.onLine)
addEventListener('online', () => (online.value = true))
addEventListener('offline', () => (online.value = false))

/** A newer page waits for a reload. */
export const updated = ref(false)

export function keepOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const before = navigator.serviceWorker.controller
  navigator.serviceWorker.addEventListener('controllerchange', () => (updated.value = before !== null))
  navigator.serviceWorker.register(new URL('./sw.js', document.baseURI)).catch(() => undefined) // e.g. in a WebView
}
