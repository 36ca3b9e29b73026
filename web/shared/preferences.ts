/** How the reader wants the page: language, theme, size of type. Kept in the browser, so that the first paint has it. */
import { computed, ref, watchEffect } from 'vue'

export type Language = 'auto' | 'zh' | 'en'
export type Theme = 'auto' | 'light' | 'dark'

const stored = <T extends string>(name: string, otherwise: T): T =>
  (localStorage.getItem(`ditan.${name}`) as T | null) ?? otherwise

export const chosenLanguage = ref<Language>(stored('language', 'auto'))
export const chosenTheme = ref<Theme>(stored('theme', 'auto'))
export const largeType = ref(stored<'normal' | 'large'>('type', 'normal') === 'large')

/** Set by the scene: dusk and night are painted on indigo unless the reader fixed the theme. */
export const nightfall = ref(false)

const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(prefersDark.matches)
prefersDark.addEventListener('change', (event) => (systemDark.value = event.matches))

export const language = computed<'zh' | 'en'>(() =>
  chosenLanguage.value === 'auto'
    ? navigator.language.toLowerCase().startsWith('en')
      ? 'en'
      : 'zh'
    : chosenLanguage.value,
)

export const theme = computed<'light' | 'dark'>(() =>
  chosenTheme.value === 'auto' ? (systemDark.value || nightfall.value ? 'dark' : 'light') : chosenTheme.value,
)

/** Put the preferences on the page and keep them. Called once. */
export function applyPreferences(): void {
  watchEffect(() => {
    const root = document.documentElement
    root.lang = language.value === 'zh' ? 'zh-CN' : 'en'
    root.dataset.theme = theme.value
    root.dataset.type = largeType.value ? 'large' : 'normal'
    localStorage.setItem('ditan.language', chosenLanguage.value)
    localStorage.setItem('ditan.theme', chosenTheme.value)
    localStorage.setItem('ditan.type', largeType.value ? 'large' : 'normal')
    const paper = getComputedStyle(root).getPropertyValue('--paper').trim()
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', paper)
  })
}
