/** A number that runs to its new value instead of jumping. */
import { ref, watch, type Ref } from 'vue'

const RUN_MS = 520

export function useCounting(value: Ref<number>): Readonly<Ref<number>> {
  const shown = ref(value.value)
  let frame = 0
  watch(value, (to, from) => {
    cancelAnimationFrame(frame)
    if (from === 0 || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      shown.value = to
      return
    }
    const [start, base] = [performance.now(), shown.value]
    const run = (at: number) => {
      const part = Math.min(1, (at - start) / RUN_MS)
      shown.value = Math.round(base + (to - base) * (1 - (1 - part) ** 3))
      if (part < 1) frame = requestAnimationFrame(run)
    }
    frame = requestAnimationFrame(run)
  })
  return shown
}
