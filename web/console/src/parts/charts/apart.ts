const ROUNDS = 40

/** Boxes in one column, moved as little as needed so that none covers another. */
export function apart<Box extends { top: number; tall: number }>(boxes: Box[]): Box[] {
  const sorted = boxes.map((box) => ({ ...box })).sort((a, b) => a.top + a.tall / 2 - b.top - b.tall / 2)
  for (let round = 0; round < ROUNDS; round++)
    for (let at = 1; at < sorted.length; at++) {
      const [above, below] = [sorted[at - 1], sorted[at]]
      if (!above || !below) continue
      const over = above.top + above.tall - below.top
      if (over <= 0) continue
      above.top -= over / 2
      below.top += over / 2
    }
  return sorted
}
