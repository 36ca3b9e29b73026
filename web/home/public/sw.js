/* Keeps the page's own files, so that it opens without a network. Nothing of the API is ever kept.
   Files under assets/ carry their content's hash in the name and never change; the rest is asked for anew when it can be. */
const KEPT = 'ditan-home-1'
const ASSETS_MAX = 80

addEventListener('install', (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(['./', './manifest.webmanifest', './icon.svg'])))
  skipWaiting()
})

addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  )
})

addEventListener('fetch', (event) => {
  const { request } = event
  const scope = registration.scope
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return
  event.respondWith(request.url.startsWith(scope + 'assets/') ? keptFirst(request) : newestFirst(request))
})

async function keptFirst(request) {
  const cache = await caches.open(KEPT)
  const kept = await cache.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) {
    await cache.put(request, answer.clone())
    await forgetOldest(cache)
  }
  return answer
}

async function newestFirst(request) {
  const cache = await caches.open(KEPT)
  try {
    const answer = await fetch(request)
    if (answer.ok) await cache.put(request, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true })
    if (kept) return kept
    throw error
  }
}

async function forgetOldest(cache) {
  const assets = (await cache.keys()).filter((request) => request.url.includes('/assets/'))
  await Promise.all(assets.slice(0, Math.max(0, assets.length - ASSETS_MAX)).map((request) => cache.delete(request)))
}
