/** What the customer decides on these pages: sent once per press, then everything that may show it is asked again. */
import { useMutation, useQueryClient } from '@tanstack/vue-query'
import { ref } from 'vue'

import { intention } from '@/api/client'

type Named = ReturnType<typeof intention>

/** `send` does it under the name of the press; `say` tells what was done, for eyes and ears. */
export function useDeciding<T>(send: (what: T, header: Named) => Promise<unknown>, say: (what: T) => string) {
  const client = useQueryClient()
  const done = ref('')
  const { mutate, isPending, variables, error, reset } = useMutation({
    mutationFn: ({ what, header }: { what: T; header: Named }) => send(what, header),
    onMutate: () => (done.value = ''),
    onSuccess: async (_answer, { what }) => {
      await client.invalidateQueries()
      done.value = say(what)
    },
  })
  return {
    /** A second press while the first is under way does nothing. */
    decide: (what: T) => isPending.value || mutate({ what, header: intention() }),
    isPending,
    /** What is being decided. */
    what: () => (isPending.value ? (variables.value as { what: T } | undefined)?.what : undefined),
    error,
    done,
    reset,
  }
}
