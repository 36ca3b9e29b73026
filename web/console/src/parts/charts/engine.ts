/** The little of ECharts that the desk uses, and how a chart lives in a box. Only the charts' own chunk imports it. */
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { EChartsOption } from 'echarts'
import { onBeforeUnmount, onMounted, type Ref, watch } from 'vue'

import { language, theme } from '@ditan/shared/preferences'

use([LineChart, BarChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer])

/** The value of a token now: the charts are drawn in the page's own colors. */
export type Token = (name: string) => string

/** Over a fill: what it shows is not final. Color alone says nothing. */
export const hatch = (token: Token) => ({
  color: token('--up'),
  dashArrayX: [1, 0] as [number, number],
  dashArrayY: [2, 4] as [number, number],
  rotation: -Math.PI / 4,
})

/** Keep a chart in a box: drawn anew when the data, the theme, the language or the size changes. */
export function useChart(
  box: Ref<HTMLElement | undefined>,
  option: (token: Token) => EChartsOption,
  drawn: () => void = () => undefined,
) {
  let chart: EChartsType | undefined
  let watching: ResizeObserver | undefined

  function draw() {
    const look = getComputedStyle(document.documentElement)
    const made = option((name) => look.getPropertyValue(name).trim())
    // ECharts writes its motion into a style element, which the page's policy refuses.
    chart?.setOption({ animation: false, ...made }, { notMerge: true })
    drawn()
  }

  onMounted(() => {
    if (!box.value) return
    chart = init(box.value, null, { renderer: 'svg' })
    draw()
    watching = new ResizeObserver(() => {
      chart?.resize()
      drawn()
    })
    watching.observe(box.value)
  })
  watch([() => option(() => ''), theme, language], draw, { flush: 'post' })
  onBeforeUnmount(() => {
    watching?.disconnect()
    chart?.dispose()
  })

  /** Where on the first axis a pixel lies. */
  const place = (x: number): number => chart?.convertFromPixel({ xAxisIndex: 0 }, x) ?? 0
  /** How far down a value of the other axis lies. */
  const down = (value: number): number => chart?.convertToPixel({ yAxisIndex: 0 }, value) ?? 0
  return { place, down }
}
