import { fileURLToPath } from 'node:url'

import { VantResolver } from '@vant/auto-import-resolver'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { defineConfig, type Plugin } from 'vite'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Vant's icon font is fetched from elsewhere, and our icons are drawn: it is left out wherever a part brings it. */
const withoutIconFont: Plugin = {
  name: 'without-icon-font',
  enforce: 'pre',
  resolveId: (source) => (source.endsWith('/icon/index.css') ? '\0no-icon-font.css' : null),
  load: (id) => (id === '\0no-icon-font.css' ? '' : null),
}

// The address below which a bank serves the page is not known when it is built: everything is relative.
export default defineConfig({
  base: './',
  plugins: [withoutIconFont, vue(), components({ dts: false, dirs: [], resolvers: [VantResolver()] })],
  resolve: { alias: { '@': folder('./src'), '@ditan/shared': folder('../shared') } },
  build: {
    outDir: folder('../../src/ditan/api/page/home'),
    emptyOutDir: true,
    manifest: true, // which file needs which: the test of the first load reads it
    target: ['es2020', 'chrome87', 'safari14'],
    assetsInlineLimit: 0, // the page's policy allows no data: addresses in scripts and styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // echarts, loaded when a chart is looked at
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8000', '/demo': 'http://127.0.0.1:8000' } },
})
