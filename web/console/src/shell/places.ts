/** The seven places of the desk, and those that later releases bring. */
import type { IconName } from '@ditan/shared/icons/icons'

export interface Place {
  name: string
  to: string
  icon: IconName
}

export const PLACES: Place[] = [
  { name: 'overview', to: '/', icon: 'chart' },
  { name: 'methods', to: '/methods', icon: 'ruler' },
  { name: 'feeds', to: '/feeds', icon: 'feed' },
  { name: 'rewards', to: '/rewards', icon: 'sprout' },
  { name: 'customers', to: '/customers', icon: 'person' },
  { name: 'risk', to: '/risk', icon: 'shield' },
  { name: 'finance', to: '/finance', icon: 'book' },
]

export const LATER: Omit<Place, 'to'>[] = [
  { name: 'experiments', icon: 'lab' },
  { name: 'campaigns', icon: 'flag' },
  { name: 'segments', icon: 'people' },
  { name: 'referral', icon: 'gift' },
]
