/** The pages' own words. Each page keeps its words beside it, as `words.ts`, in both languages with the same keys. */
import { createI18n } from 'vue-i18n'
import { watch } from 'vue'

import type { Text } from './api/client'
import { language } from './preferences'

/** Words of one part, Chinese first; the type makes English complete. */
export function words<T extends Record<string, string>>(zh: T, en: Record<keyof T, string>): { zh: T; en: typeof en } {
  return { zh, en }
}

/** What puts words on a page: those that all of its parts say, in the reader's language as it changes. */
export function speak<T extends Record<string, string>>(common: { zh: T; en: Record<keyof T, string> }) {
  const i18n = createI18n({
    legacy: false,
    locale: language.value,
    fallbackLocale: 'zh',
    messages: { zh: common.zh, en: common.en },
  })
  watch(language, (now) => (i18n.global.locale.value = now))
  return i18n
}

/** What the API says in both languages, in the reader's. */
export const say = (text: Text): string => text[language.value]
