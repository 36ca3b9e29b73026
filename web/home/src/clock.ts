/** The bank's time. It decides what is ripe, so a phone whose clock is wrong still shows the time that is left. */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'

let bank = Date.now()
let at = performance.now()

/** Take the time of an answer (its `Date` header, whole seconds). An older answer does not set it back. */
export function setTime(header: string | null): void {
  const told = header ? Date.parse(header) : NaN
  if (Number.isNaN(told)) return
  const drift = told - now().getTime()
  if (drift > 0 || drift < -2_000) {
    bank = told
    at = performance.now()
  }
}

export const now = (): Date => new Date(bank + performance.now() - at)

/** The bank's time as it passes, looked at every `everyMs`. */
export function useNow(everyMs = 10_000): Readonly<Ref<Date>> {
  const passing = ref(now())
  const timer = setInterval(() => (passing.value = now()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return readonly(passing) as Readonly<Ref<Date>>
}
