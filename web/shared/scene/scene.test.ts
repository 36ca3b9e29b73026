import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { drawSpot, SPOT_NAMES } from '../spots/spots'
import type { Hour, Season } from './calendar'
import Fruit from './Fruit.vue'
import { type Mark, PAINTS } from './pen'
import { drawScene, nodeCount, type SceneOptions, type Stage, viewBox } from './scene'
import Scene from './Scene.vue'

const STAGES: Stage[] = [1, 2, 3, 4, 5]
const SEASONS: Season[] = ['spring', 'summer', 'autumn', 'winter']
const HOURS: Hour[] = ['morning', 'day', 'dusk', 'night']
const ALL: SceneOptions[] = STAGES.flatMap((stage) =>
  SEASONS.flatMap((season) =>
    HOURS.flatMap((hour) =>
      [false, true].flatMap((wide) =>
        (['clear', 'rain'] as const).map((weather) => ({ stage, season, hour, wide, weather })),
      ),
    ),
  ),
)
const DRAWN = ALL.map((o) => drawScene(o))
const read = (file: string): string => readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8')
const palettes = read('./palettes.css')
const paints = (marks: readonly Mark[]): string[] => marks.flatMap((m) => [m.fill ?? [], m.stroke ?? []].flat())

/** The value each variable has for an element with these classes, by the rules of palettes.css in their order. */
function palette(classes: string[], dark = false): Map<string, string> {
  const found = new Map<string, string>()
  const plain = palettes.replace(/\/\*[\s\S]*?\*\//g, '')
  const rules = [...plain.matchAll(/([^{}]+)\{([^}]*)\}/g)].flatMap(([, selectors = '', body = '']) =>
    selectors.split(',').map((s) => ({ selector: s.trim(), body, weight: (s.match(/[.[:]/g) ?? []).length })),
  )
  for (const { selector, body } of rules.sort((a, b) => a.weight - b.weight)) {
    const names = [...selector.matchAll(/\.([\w-]+)/g)].map(([, name = '']) => name)
    const fits = names.length > 0 && names.every((n) => classes.includes(n))
    if (!fits || (selector.includes('data-theme') && !dark)) continue
    for (const [, name = '', value = ''] of body.matchAll(/--s-([\w-]+):\s*([^;]+);/g)) found.set(name, value)
  }
  return found
}

describe('the drawing', () => {
  it('is the same each time', () => {
    ALL.forEach((o, i) => {
      if (i % 3 === 0) expect(JSON.stringify(drawScene(o))).toBe(JSON.stringify(DRAWN[i]))
    })
  })

  it('has fewer than 1500 nodes at every stage, season, hour, weather and width', () => {
    expect(Math.max(...DRAWN.map(nodeCount))).toBeLessThan(1500)
    expect(Math.max(...DRAWN.filter((_, i) => !ALL[i]?.wide).map(nodeCount))).toBeLessThan(900)
  })

  it('names each thing once, and holds no broken number', () => {
    for (const layers of DRAWN) {
      expect(new Set(layers.map((l) => l.id)).size).toBe(layers.length)
      for (const m of layers.flatMap((l) => l.marks)) expect(m.d).toMatch(/^M[-\d., MmLlQqCcAaHhVvSsTtZz]+$/)
    }
  })

  it('is at least as rich at each higher stage, and never loses the house', () => {
    for (const season of SEASONS) {
      const counts = STAGES.map((stage) => nodeCount(drawScene({ stage, season, hour: 'day' })))
      expect(counts).toEqual([...counts].sort((a, b) => a - b))
    }
    expect(drawScene({ stage: 1, season: 'spring', hour: 'day' }).map((l) => l.id)).toContain('plan')
  })

  it('drops leaves in winter, and blossoms only by palette', () => {
    const used = (season: Season) => drawScene({ stage: 5, season, hour: 'day' }).flatMap((l) => paints(l.marks))
    expect(used('summer')).toContain('leaf-a')
    expect(used('winter')).not.toContain('leaf-a')
    expect(used('winter')).toContain('snow')
  })

  it('shows the trees a customer planted', () => {
    const layers = drawScene({ stage: 2, season: 'summer', hour: 'day', planted: [{ x: 300, label: '0231' }] })
    expect(layers.map((l) => l.id)).toContain('planted:0:0231')
  })

  it('is wider, not stretched', () => {
    expect(viewBox({})).toBe('0 180 390 460')
    expect(viewBox({ sky: 180 })).toBe('0 0 390 640')
    expect(viewBox({ wide: true })).toBe('-520 180 1430 460')
  })
})

describe('the palettes', () => {
  it('color every paint at every season, hour and weather', () => {
    for (const season of SEASONS)
      for (const hour of HOURS)
        for (const rain of [[], ['s-rain']]) {
          const colors = palette(['scene', `s-${season}`, `s-${hour}`, ...rain])
          expect(PAINTS.filter((p) => !colors.has(p))).toEqual([])
        }
  })

  it('are sixteen different ones', () => {
    const land = ['sky4', 'sky5', 'ground1', 'hill1', 'cap1', 'mist']
    const seen = SEASONS.flatMap((s) => HOURS.map((h) => palette(['scene', `s-${s}`, `s-${h}`])))
    expect(new Set(seen.map((p) => land.map((k) => p.get(k)).join())).size).toBe(16)
  })

  it('begin each sky in the color of the page', () => {
    for (const season of SEASONS)
      for (const hour of HOURS)
        expect(palette(['scene', `s-${season}`, `s-${hour}`]).get('sky')).toBe(
          hour === 'dusk' || hour === 'night' ? '#16232b' : '#f6f2e8',
        )
  })

  it('color every small picture in both themes', () => {
    for (const dark of [false, true]) {
      const colors = palette(['spot'], dark)
      for (const name of SPOT_NAMES)
        for (const paint of paints(drawSpot(name))) expect(colors.has(paint), `${name} needs ${paint}`).toBe(true)
    }
  })

  it('are the only place of the drawing that names a color', () => {
    const sources = import.meta.glob<string>(
      ['./*.ts', './*.vue', '../icons/*', '../spots/*', '!./*.test.ts', '!../**/*.test.ts'],
      { query: '?raw', import: 'default', eager: true },
    )
    expect(Object.keys(sources).length).toBeGreaterThan(15)
    for (const [file, text] of [
      ...Object.entries(sources),
      ...['./scene.css', './fruit.css'].map((f) => [f, read(f)] as const),
    ])
      expect(text, file).not.toMatch(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/i)
  })
})

describe('Scene.vue', () => {
  const props = { stage: 2 as Stage, season: 'summer' as const, hour: 'day' as const, label: '小屋' }
  it('is one image with words', () => {
    const svg = mount(Scene, { props }).get('svg')
    expect([svg.attributes('role'), svg.attributes('aria-label')]).toEqual(['img', '小屋'])
    expect(svg.findAll('text')).toHaveLength(0)
    for (const p of svg.findAll('path'))
      for (const name of ['fill', 'stroke'])
        expect(p.attributes(name) ?? 'var(--s-line)').toMatch(/^var\(--s-[\w-]+\)$/)
  })

  it('lets what is new grow when the stage goes up, and nothing when it opens', async () => {
    const scene = mount(Scene, { props })
    expect(scene.findAll('.s-grow')).toHaveLength(0)
    await scene.setProps({ stage: 3 })
    expect(scene.findAll('.s-grow').length).toBeGreaterThan(3)
    expect(scene.findAll('.s-grow path[pathLength="1"]').length).toBeGreaterThan(10)
    expect(scene.findAll('.s-grow').length).toBeLessThan(scene.findAll('g').length)
    await scene.setProps({ season: 'winter' })
    expect(scene.findAll('.s-grow')).toHaveLength(0)
  })

  it('does not grow when it must be still', async () => {
    const scene = mount(Scene, { props: { ...props, still: true } })
    await scene.setProps({ stage: 5 })
    expect(scene.findAll('.s-grow')).toHaveLength(0)
    expect(scene.classes()).toContain('s-still')
  })
})

describe('motion', () => {
  it('is declared only where motion is welcome', () => {
    for (const file of ['./scene.css', './fruit.css', './palettes.css']) {
      const [always = ''] = read(file).split('@media (prefers-reduced-motion: no-preference)')
      for (const [, value = ''] of always.matchAll(/animation:\s*([^;]+);/g))
        expect(value, file).toBe('fruit-fade 120ms linear forwards')
    }
  })
})

describe('Fruit.vue', () => {
  const props = { icon: 'metro_ride' as const, energy: '18', left: 0.5, label: '剩 2 天', spoken: '地铁出行，18 能量' }
  const of = (state: 'raw' | 'ripe' | 'soon' | 'collecting' | 'failed') => mount(Fruit, { props: { ...props, state } })
  it('tells each state by more than color', () => {
    const form = (state: Parameters<typeof of>[0]) => {
      const f = of(state)
      return [
        f.find('.fruit-leaf').exists(),
        f.find('.fruit-on').exists(),
        f.find('.fruit-shine').exists(),
        f.find('.icon-flat').exists(),
      ]
    }
    expect(form('raw')).toEqual([false, true, false, false])
    expect(form('ripe')).toEqual([true, true, true, true])
    expect(form('failed')).toEqual([true, false, false, false])
  })
  it('has 26 ticks and fills the share that is left', () => {
    const ticks = (left: number) =>
      (
        mount(Fruit, { props: { ...props, state: 'ripe', left } })
          .get('.fruit-on')
          .attributes('d') ?? ''
      ).split('M').length - 1
    expect([0, 0.5, 1, 7].map(ticks)).toEqual([0, 13, 26, 26])
  })
  it('is a button that says what it is, and says when it has landed', async () => {
    const fruit = of('collecting')
    expect(fruit.attributes('aria-label')).toBe(props.spoken)
    expect(fruit.attributes('disabled')).toBeDefined()
    await fruit.get('svg').trigger('animationend', { animationName: 'fruit-fall' })
    expect(fruit.emitted('collected')).toHaveLength(1)
    const ripe = of('ripe')
    await ripe.get('svg').trigger('animationend', { animationName: 'fruit-back' })
    expect(ripe.emitted('collected')).toBeUndefined()
  })
})
