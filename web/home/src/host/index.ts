/** The bank's app around the customer's page. */
import { hostOf } from '@ditan/shared/host'

export { canLeave, leave, save, SignedOut } from '@ditan/shared/host'
export const { bearer, forget, fromDemo, isSignedIn, keep, tokenFromAddress } = hostOf('ditan.token')
