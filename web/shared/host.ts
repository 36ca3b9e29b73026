/** What is around a page, the bank's app or a browser: who has signed in, and the way back. Our pages know no login. */

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

/** The host of one page. `kept`: the name below which this tab keeps its token, so that two pages keep two. */
export function hostOf(kept: string) {
  const demo = `${kept}.demo`
  let token: string | null = null

  /** Keep a token for as long as this tab is open. `chosen`: from the people of the demo. */
  function keep(given: string, chosen = false): void {
    token = given
    sessionStorage.setItem(kept, given)
    if (chosen) sessionStorage.setItem(demo, '1')
    else sessionStorage.removeItem(demo)
  }

  /** Take a token that came in the address after `#token=`, which no server sees, and take it out of the address.
      The router, which looks at the address first, has made it `#/token=`. */
  function tokenFromAddress(): void {
    const found = /#\/?token=([^&]+)/.exec(location.hash)
    if (!found?.[1]) return
    keep(decodeURIComponent(found[1]))
    history.replaceState(null, '', location.pathname + location.search + '#/')
  }

  /** Whether somebody else can be chosen: a bank's app signs out by itself. */
  const fromDemo = (): boolean => sessionStorage.getItem(demo) !== null

  /** Whether somebody has signed in, as far as is known here. Public pages lead nowhere for those who have not. */
  const isSignedIn = (): boolean => Boolean(window.ditanHost ?? token ?? sessionStorage.getItem(kept))

  function forget(): void {
    token = null
    sessionStorage.removeItem(kept)
    sessionStorage.removeItem(demo)
  }

  /** The token to send. Raises SignedOut when there is none. */
  async function bearer(renew = false): Promise<string> {
    if (window.ditanHost) {
      if (!token || renew) token = await window.ditanHost.token(renew)
      return token
    }
    token ??= sessionStorage.getItem(kept)
    if (!token || renew) throw new SignedOut()
    return token
  }

  return { keep, tokenFromAddress, fromDemo, isSignedIn, forget, bearer }
}

export const canLeave = (): boolean => Boolean(window.ditanHost?.leave)

export function leave(): void {
  window.ditanHost?.leave?.()
}

/** Give a file to the reader: by the bank's app where it can, else as a download. */
export async function save(name: string, content: Blob): Promise<void> {
  if (window.ditanHost?.save) return window.ditanHost.save(name, content)
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
