import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import Icon from './Icon.vue'
import { drawnIcon, ICON_NAMES, type IconName, iconOf, SCENARIO_ICONS } from './icons'

const FOLDER = '../../../src/ditan/packs/cn_2026/scenarios'

describe('the icons', () => {
  it('have one for each scenario of the pack, under its id', () => {
    const folder = fileURLToPath(new URL(FOLDER, import.meta.url))
    const files = readdirSync(folder).filter((f) => f.endsWith('.toml'))
    const ids = files.map((f) => /^id = "(\w+)"/m.exec(readFileSync(`${folder}/${f}`, 'utf8'))?.[1])
    expect(ids).toHaveLength(21)
    expect([...SCENARIO_ICONS].sort()).toEqual([...ids].sort())
  })

  it('are path data that stays on the grid', () => {
    for (const name of ICON_NAMES)
      for (const d of drawnIcon(name).filter((v) => v !== undefined)) {
        expect(d, name).toMatch(/^M[-\d. MmLlQqCcAaHhVvSsTtZz]+$/)
        for (const [, x, y] of d.matchAll(/M(-?[\d.]+)[ ,]?(-?[\d.]+)/g))
          for (const v of [Number(x), Number(y)]) expect(v >= 0 && v <= 24, name).toBe(true)
      }
  })

  it('give a scenario that a bank added itself a sprout', () => {
    expect(iconOf('metro_ride')).toBe('metro_ride')
    expect(iconOf('rooftop_solar')).toBe('sprout')
    expect(iconOf('award')).toBe('award')
    expect(iconOf('close')).toBe('sprout')
    expect(drawnIcon('rooftop_solar' as IconName)).toEqual(drawnIcon('sprout'))
  })

  it('take the color of the text, hide from readers, and show the flat when asked', () => {
    const plain = mount(Icon, { props: { name: 'metro_ride' } })
    expect([plain.attributes('stroke'), plain.attributes('aria-hidden'), plain.attributes('width')]).toEqual([
      'currentColor',
      'true',
      '24',
    ])
    expect(plain.findAll('path')).toHaveLength(1)
    expect(mount(Icon, { props: { name: 'metro_ride', flat: true } }).findAll('path')).toHaveLength(2)
  })
})
