/** Collecting: the fruit flies at once and is put back when the bank did not take it. A press counts once. */
import { useMutation, useQueryClient } from '@tanstack/vue-query'
import { computed, reactive, ref, watch, type Ref } from 'vue'

import { api, intention, Refusal, told, type Schema, Unreachable } from '@/api/client'
import { home as homeQuery } from '@/queries'

import type { Ball } from './balls'

/** flying: on its way or there, not yet heard of the bank; put back: refused or lost, said for a while. */
export type Fate = 'flying' | 'landed' | 'back'

const PUT_BACK_MS = 4_000

export interface Outcome {
  code: Schema['EnergyCode'] | 'failed' | 'unheard'
  energy: number
}

export function useCollecting(home: Ref<Schema['Home'] | undefined>, heard: (outcome: Outcome) => void) {
  const queries = useQueryClient()
  const fates = reactive(new Map<string, Fate>())
  const flown = reactive(new Map<string, number>())
  const waiting = ref(0)

  const ask = useMutation({
    mutationFn: ({ ball, key }: { ball: Ball | null; key: ReturnType<typeof intention> }) =>
      told(
        ball
          ? api.POST('/v1/balls/{ball_id}/collect', { params: { path: { ball_id: ball.ball_id }, header: key } })
          : api.POST('/v1/balls/collect', { params: { header: key } }),
      ),
  })

  async function press(balls: Ball[], all: boolean): Promise<void> {
    const mine = balls.filter((ball) => !fates.has(ball.ball_id) || fates.get(ball.ball_id) === 'back')
    if (!mine.length) return
    for (const ball of mine) fates.set(ball.ball_id, 'flying')
    waiting.value += 1
    try {
      const single = all ? null : (mine[0] ?? null)
      const done = await ask.mutateAsync({ ball: single, key: intention() })
      heard(done)
      if (done.code === 'nothing') for (const ball of mine) forget(ball.ball_id)
    } catch (error) {
      for (const ball of mine) putBack(ball.ball_id)
      heard({ code: error instanceof Unreachable ? 'unheard' : 'failed', energy: 0 })
      if (error instanceof Refusal) await queries.invalidateQueries({ queryKey: homeQuery.queryKey })
    } finally {
      waiting.value -= 1
      // Only when nothing else is on its way: an answer in between would bring fruits back that are flying.
      if (!waiting.value)
        await Promise.all(
          [homeQuery.queryKey, ['balls'], ['account']].map((queryKey) => queries.invalidateQueries({ queryKey })),
        )
    }
  }

  function forget(id: string): void {
    fates.delete(id)
    flown.delete(id)
  }

  function putBack(id: string): void {
    flown.delete(id)
    fates.set(id, 'back')
    setTimeout(() => fates.get(id) === 'back' && fates.delete(id), PUT_BACK_MS)
  }

  /** The fruit is there: its energy counts in the number above. */
  function land(ball: Ball): void {
    if (fates.get(ball.ball_id) !== 'flying') return
    fates.set(ball.ball_id, 'landed')
    flown.set(ball.ball_id, ball.energy)
  }

  // What the bank no longer lists has been counted by it.
  watch(home, (now) => {
    if (waiting.value || !now) return
    const listed = new Set(now.balls.map((ball) => ball.ball_id))
    for (const id of [...fates.keys()]) if (!listed.has(id) || fates.get(id) === 'landed') forget(id)
  })

  /** Energy that was seen to arrive and is not in the bank's number yet; what is owed is paid first. */
  const arrived = computed(() => {
    const sum = [...flown.values()].reduce((total, energy) => total + energy, 0)
    return Math.max(0, sum - (home.value?.energy.owed ?? 0))
  })

  return { fates, arrived, busy: computed(() => waiting.value > 0), press, land }
}
