/** The API as the customer's page asks it. */
import { clientOf } from '@ditan/shared/api/client'
import { bearer, forget } from '@/host'

export * from '@ditan/shared/api/client'
export const { api, file } = clientOf({ bearer, forget })
