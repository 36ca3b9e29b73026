import '@ditan/shared/tokens.css'
import '@ditan/shared/base.css'
import 'element-plus/theme-chalk/base.css'
import '@/desk.css'
import '@/element.css'

import { applyPreferences } from '@ditan/shared/preferences'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'

import App from '@/App.vue'
import { tokenFromAddress } from '@/host'
import { queryClient } from '@/queries'
import { router } from '@/router'
import { i18n } from '@/words'

tokenFromAddress()
applyPreferences()
createApp(App).use(router).use(i18n).use(VueQueryPlugin, { queryClient }).mount('#app')
