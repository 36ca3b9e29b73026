/** The reward a customer saves for. The account does not keep it, so it stays on this phone, for whoever signed in. */
import { ref } from 'vue'

const KEPT = 'ditan.goal'

export const chosenGoal = ref<string | null>(localStorage.getItem(KEPT))

export function chooseGoal(reward: string | null): void {
  chosenGoal.value = reward
  if (reward) localStorage.setItem(KEPT, reward)
  else localStorage.removeItem(KEPT)
}
