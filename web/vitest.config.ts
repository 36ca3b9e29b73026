import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The tests of one page, whose own files are `@`. */
const tests = (page: string, ...include: string[]) => ({
  plugins: [vue()],
  resolve: { alias: { '@': folder(`./${page}/src`), '@ditan/shared': folder('./shared') } },
  test: {
    name: page,
    environment: 'happy-dom' as const,
    testTimeout: 20_000,
    include: [`${page}/src/**/*.test.ts`, ...include],
  },
})

export default defineConfig({
  test: { projects: [tests('home', 'shared/**/*.test.ts'), tests('console')] },
})
