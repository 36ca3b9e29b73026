/** The little of ECharts that our charts use. Only the charts' own chunk imports it. */
import { BarChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, SVGRenderer])

export { init }
export type { EChartsType } from 'echarts/core'
