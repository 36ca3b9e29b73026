/** Paint a certificate's sheet into a PNG on the phone. Path by path and word by word on a canvas: no image is loaded, so
    the page's policy allows it as it is, and nothing leaves the phone. */
import type { Sheet, Word } from './sheet'

const SCALE = 3

/** `shown`: the sheet as it stands on the page; its colors and fonts are taken from there. */
export async function paint(sheet: Sheet, shown: Element): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = sheet.width * SCALE
  canvas.height = sheet.height * SCALE
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  const style = getComputedStyle(shown)
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim()
  pen.scale(SCALE, SCALE)
  pen.lineCap = pen.lineJoin = 'round'
  for (const { x, y, w, h, fill, stroke, line } of sheet.boxes) {
    if (fill) {
      pen.fillStyle = value(fill)
      pen.fillRect(x, y, w, h)
    }
    if (stroke) {
      pen.strokeStyle = value(stroke)
      pen.lineWidth = line ?? 1
      pen.strokeRect(x, y, w, h)
    }
  }
  for (const { x, y, w, h, marks } of sheet.pictures) {
    pen.save()
    pen.translate(x, y)
    pen.beginPath()
    pen.rect(0, 0, w, h)
    pen.clip()
    for (const mark of marks) {
      const path = new Path2D(mark.d)
      pen.globalAlpha = mark.o ?? 1
      if (mark.fill) {
        pen.fillStyle = value(`s-${mark.fill}`)
        pen.fill(path)
      }
      if (mark.stroke) {
        pen.strokeStyle = value(`s-${mark.stroke}`)
        pen.lineWidth = mark.w ?? 1
        pen.setLineDash(mark.dash?.split(' ').map(Number) ?? [])
        pen.stroke(path)
      }
    }
    pen.restore()
  }
  for (const word of sheet.words) write(pen, word, value)
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/png'),
  )
}

function write(pen: CanvasRenderingContext2D, word: Word, value: (name: string) => string) {
  pen.font = `${word.bold ? 600 : 400} ${word.size}px ${value(word.family ?? 'font')}`
  pen.fillStyle = value(word.ink)
  pen.textAlign = word.middle ? 'center' : 'left'
  if ('letterSpacing' in pen) pen.letterSpacing = `${word.spacing ?? 0}px`
  pen.fillText(word.text, word.x + (word.middle ? (word.spacing ?? 0) / 2 : 0), word.y)
}
