import type { Schema } from '@/api/client'

/** All energy that is lost when the customer leaves: what can be used, and what hangs on the twig. */
export const energyOf = ({ available, ripe, growing }: Schema['Energy']): number => available + ripe + growing
