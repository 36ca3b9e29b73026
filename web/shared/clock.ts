/** The bank's time. It decides what is ripe, so a phone whose clock is wrong still shows the time that is left. */
import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

let bank = Date.now()
let at = performance.now()
const told = ref(bank)

/** Take the time of an answer (its `Date` header, whole seconds). An older answer does not set it back. */
export function setTime(header: string | null): void {
  const heard = header ? Date.parse(header) : NaN
  const drift = heard - now().getTime()
  if (drift > 0 || drift < -2_000) {
    bank = heard
    at = performance.now()
    told.value = heard
  }
}

export const now = (): Date => new Date(bank + performance.now() - at)

/** The bank's time as it passes, looked at every `everyMs` and whenever the bank tells it. */
export function useNow(everyMs = 10_000): Readonly<Ref<Date>> {
  const passing = ref(now())
  const look = () => (passing.value = now())
  const timer = setInterval(look, everyMs)
  const unwatch = watch(told, look)
  onScopeDispose(() => {
    clearInterval(timer)
    unwatch()
  })
  return readonly(passing) as Readonly<Ref<Date>>
}
