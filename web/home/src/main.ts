import '@ditan/shared/tokens.css'
import '@ditan/shared/base.css'
import '@ditan/shared/vant.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'

import App from '@/App.vue'
import { tokenFromAddress } from '@/host'
import { applyPreferences } from '@/preferences'
import { queryClient } from '@/queries'
import { router } from '@/router'
import { i18n } from '@/words'
import { keepOffline } from '@/offline'

tokenFromAddress()
applyPreferences()
createApp(App).use(router).use(i18n).use(VueQueryPlugin, { queryClient }).mount('#app')
keepOffline()
