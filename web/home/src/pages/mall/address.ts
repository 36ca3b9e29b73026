/** The address that goods go to: what the bank keeps, and what is written now. It never leaves this page otherwise. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, reactive, ref, watch, type Ref } from 'vue'

import { api, intention, Refusal, type Schema, told } from '@/api/client'

export type Address = Schema['GivenAddress']
export const FIELDS = ['recipient', 'phone', 'region', 'street'] as const
export type Field = (typeof FIELDS)[number]

const PHONE = /^\+?[0-9][0-9 -]{4,18}[0-9]$/
/** The lines that the bank would not take: empty, or no telephone number. */
export const wrongLines = (written: Address): Field[] =>
  FIELDS.filter((line) => !written[line].trim() || (line === 'phone' && !PHONE.test(written.phone.trim())))

export function useAddress(wanted: Ref<boolean>) {
  const queries = useQueryClient()
  const queryKey = ['address']
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: () => told(api.GET('/v1/address')),
    enabled: wanted,
    gcTime: 0, // it is not kept on the phone once nobody looks at it
  })
  const kept = computed(() => data.value?.address ?? null)
  const written = reactive<Address>({ recipient: '', phone: '', region: '', street: '' })
  const editing = ref(false)
  const tried = ref(false)
  watch(data, (found) => found && !found.address && (editing.value = true), { immediate: true })
  const wrong = computed(() => (tried.value ? wrongLines(written) : []))

  let header: ReturnType<typeof intention> | undefined
  const saving = useMutation({
    mutationFn: (named: ReturnType<typeof intention>) =>
      told(api.PUT('/v1/address', { params: { header: named }, body: trimmed() })),
  })
  const removing = useMutation({
    mutationFn: (named: ReturnType<typeof intention>) => told(api.DELETE('/v1/address', { params: { header: named } })),
    onSuccess: () => queries.invalidateQueries({ queryKey }),
  })
  const trimmed = (): Address => ({
    recipient: written.recipient.trim(),
    phone: written.phone.trim(),
    region: written.region.trim(),
    street: written.street.trim(),
  })

  function edit(): void {
    if (kept.value) Object.assign(written, kept.value)
    editing.value = true
    tried.value = false
  }
  function write(line: Field, text: string): void {
    written[line] = text
    header = undefined
  }
  /** Whether an address is kept now, so that goods can be ordered. */
  async function ready(): Promise<boolean> {
    if (!wanted.value || (kept.value && !editing.value)) return true
    tried.value = true
    if (!data.value || wrongLines(written).length || saving.isPending.value) return false
    header ??= intention()
    try {
      await saving.mutateAsync(header)
    } catch (found) {
      if (found instanceof Refusal) header = undefined
      return false
    }
    header = undefined
    editing.value = false
    await queries.invalidateQueries({ queryKey })
    return true
  }
  const remove = () => removing.isPending.value || removing.mutate(intention())
  const busy = computed(() => saving.isPending.value || removing.isPending.value)
  const refused = computed(() => error.value ?? saving.error.value ?? removing.error.value)
  const looking = computed(() => !data.value && !error.value)
  return reactive({ kept, written, editing, wrong, looking, busy, refused, edit, write, ready, remove, refetch })
}
export type Addressing = ReturnType<typeof useAddress>
