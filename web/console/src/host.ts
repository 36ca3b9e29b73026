/** Who has signed in at the console: by the bank's single sign-on, which gives a token, or from the demo's staff. */
import { hostOf } from '@ditan/shared/host'

export { save, SignedOut } from '@ditan/shared/host'
export const { bearer, forget, fromDemo, keep, tokenFromAddress } = hostOf('ditan.console.token')
