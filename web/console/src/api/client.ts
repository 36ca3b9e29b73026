/** The API as the console asks it. */
import { clientOf } from '@ditan/shared/api/client'
import { bearer, forget } from '@/host'

export * from '@ditan/shared/api/client'
export const { api, file } = clientOf({ bearer, forget })
