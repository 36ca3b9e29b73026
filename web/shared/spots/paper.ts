/** What the small pictures stand on, and rectangles laid at an angle. */
import { flat, type Mark, oval, type Point, poly, trace } from '../scene/pen'

export const mound = (cx = 60, cy = 90, rx = 52, ry = 8): Mark => flat(oval(cx, cy, rx, ry), 'ground1')
export const box = (x: number, y: number, w: number, h: number): string =>
  poly([
    [x, y],
    [x + w, y],
    [x + w, y + h],
    [x, y + h],
  ])
/** A rectangle turned about its middle, in degrees. */
export function tilted(cx: number, cy: number, w: number, h: number, deg: number): string {
  return poly(
    (
      [
        [-w, -h],
        [w, -h],
        [w, h],
        [-w, h],
      ] as const
    ).map((p) => turn(p[0] / 2, p[1] / 2, cx, cy, deg)),
  )
}
export function turn(x: number, y: number, cx: number, cy: number, deg: number): Point {
  const a = (deg * Math.PI) / 180
  return [cx + x * Math.cos(a) - y * Math.sin(a), cy + x * Math.sin(a) + y * Math.cos(a)]
}
export const stroke = (cx: number, cy: number, deg: number, ...pts: readonly Point[]): string =>
  trace(pts.map(([x, y]) => turn(x, y, cx, cy, deg)))
