/** Roles as the desk shows them: each has a seal, drawn in ink because people are. */
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { Schema } from '@/api/client'
import { me } from '@/queries'

export type Role = Schema['Role']

export const ROLE_SEALS: Record<Role, { zh: string; en: string }> = {
  operator: { zh: '办', en: 'O' },
  approver: { zh: '核', en: 'Ap' },
  service: { zh: '服', en: 'S' },
  risk: { zh: '险', en: 'R' },
  auditor: { zh: '审', en: 'Au' },
  admin: { zh: '管', en: 'Ad' },
}

/** Who is signed in, and whether her roles open an operation of the API. What they do not open stays visible. */
export function useMe() {
  const { data, error, refetch } = useQuery(me)
  const may = computed(() => new Set(data.value?.may))
  const is = (...roles: Role[]) => Boolean(data.value?.roles.some(({ role }) => roles.includes(role)))
  return { me: data, error, refetch, is, can: (operation: string) => may.value.has(operation) }
}
