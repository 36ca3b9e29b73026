/** The console in words: those that all of its parts say. */
import { speak } from '@ditan/shared/words'

import { common } from './common'

export { say, words } from '@ditan/shared/words'
export const i18n = speak(common)
