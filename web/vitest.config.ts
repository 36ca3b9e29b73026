import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./home/src', import.meta.url)),
      '@ditan/shared': fileURLToPath(new URL('./shared', import.meta.url)),
    },
  },
  test: { environment: 'happy-dom', include: ['home/src/**/*.test.ts', 'shared/**/*.test.ts'] },
})
