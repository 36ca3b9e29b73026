/** Place an order: one press is one order. While the bank has not answered, another press asks for the same one. */
import { useMutation, useQueryClient } from '@tanstack/vue-query'
import { computed, ref } from 'vue'

import { api, intention, Refusal, type Schema, told } from '@/api/client'

interface Asked {
  body: Schema['OrderAsked']
  header: ReturnType<typeof intention>
}

export function useOrdering(done: (order: Schema['Order']) => void, refused: () => void) {
  const queries = useQueryClient()
  const unanswered = ref<Asked>()
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: ({ body, header }: Asked) => told(api.POST('/v1/orders', { params: { header }, body })),
    onSuccess: async (order) => {
      unanswered.value = undefined
      queries.setQueryData(['orders', order.order_id], order)
      done(order)
      // The bank's figures have changed everywhere; whoever looks at them next asks again.
      await Promise.all(
        [['home'], ['rewards'], ['orders', 'list']].map((queryKey) => queries.invalidateQueries({ queryKey })),
      )
    },
    onError: (found) => {
      if (!(found instanceof Refusal)) return
      unanswered.value = undefined
      refused()
    },
  })

  function press(body: Schema['OrderAsked']): void {
    if (isPending.value) return
    unanswered.value ??= { body, header: intention() }
    mutate(unanswered.value)
  }
  function forgetRefusal(): void {
    if (!unanswered.value) reset()
  }
  return { press, isPending, error, forgetRefusal, open: computed(() => Boolean(unanswered.value)) }
}
