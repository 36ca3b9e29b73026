import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** For people who draw: `npx vite shared/gallery`. Never part of what a bank serves. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  build: { outDir: '/tmp/ditan-gallery', emptyOutDir: true },
})
