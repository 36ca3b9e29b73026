/** The bank's app around the page: who has signed in, and the way back. The page itself knows no login. */

/** What a bank's app gives to the page, as `window.ditanHost`, before the page's script runs. */
export interface Host {
  /** A bearer token for the API. Asked again, with `renew`, when the API no longer believes the last one. */
  token(renew: boolean): Promise<string>
  /** Leave the page. Without it there is no way back to show. */
  leave?(): void
  /** Keep a file that the page made, such as a statement, where a WebView cannot download. */
  save?(name: string, content: Blob): Promise<void>
}

declare global {
  interface Window {
    ditanHost?: Host
  }
}

/** Nobody has signed in, or the app no longer says who. */
export class SignedOut extends Error {}

const KEPT = 'ditan.token'
const DEMO = 'ditan.demo'
let token: string | null = null

/** Take a token that came in the address after `#token=`, which no server sees, and take it out of the address.
    The router, which looks at the address first, has made it `#/token=`. */
export function tokenFromAddress(): void {
  const found = /#\/?token=([^&]+)/.exec(location.hash)
  if (!found?.[1]) return
  keep(decodeURIComponent(found[1]))
  history.replaceState(null, '', location.pathname + location.search + '#/')
}

/** Keep a token for as long as this tab is open. `demo`: it was chosen from the demo's customers. */
export function keep(given: string, demo = false): void {
  token = given
  sessionStorage.setItem(KEPT, given)
  if (demo) sessionStorage.setItem(DEMO, '1')
  else sessionStorage.removeItem(DEMO)
}

/** Whether another customer can be chosen: a bank's app signs out by itself. */
export const fromDemo = (): boolean => sessionStorage.getItem(DEMO) !== null

/** Whether somebody has signed in, as far as is known here. The public pages lead nowhere for those who have not. */
export const isSignedIn = (): boolean => Boolean(window.ditanHost ?? token ?? sessionStorage.getItem(KEPT))

export function forget(): void {
  token = null
  sessionStorage.removeItem(KEPT)
  sessionStorage.removeItem(DEMO)
}

/** The token to send. Raises SignedOut when there is none. */
export async function bearer(renew = false): Promise<string> {
  if (window.ditanHost) {
    if (!token || renew) token = await window.ditanHost.token(renew)
    return token
  }
  token ??= sessionStorage.getItem(KEPT)
  if (!token || renew) throw new SignedOut()
  return token
}

export const canLeave = (): boolean => Boolean(window.ditanHost?.leave)

export function leave(): void {
  window.ditanHost?.leave?.()
}

/** Give a file to the customer: by the bank's app where it can, else as a download. */
export async function save(name: string, content: Blob): Promise<void> {
  if (window.ditanHost?.save) return window.ditanHost.save(name, content)
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
