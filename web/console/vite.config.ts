import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The address below which a bank serves the console is not known when it is built: everything is relative.
export default defineConfig({
  base: './',
  plugins: [vue()],
  resolve: { alias: { '@': folder('./src'), '@ditan/shared': folder('../shared') } },
  build: {
    outDir: folder('../../src/ditan/api/page/console'),
    emptyOutDir: true,
    target: ['es2020', 'chrome87', 'safari14'],
    assetsInlineLimit: 0, // the page's policy allows no data: addresses in scripts and styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // echarts, in a chunk of its own
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8000', '/demo': 'http://127.0.0.1:8000' } },
})
