// What of the text on the page cannot be read: beyond the edge of the screen, or cut by what it stands in.
() => {
  const found = []
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} wide on a screen of ${width}`)
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const [node, holder] = [walk.currentNode, walk.currentNode.parentElement]
    if (!node.data.trim() || holder.closest('svg, .spoken, noscript, script, [hidden], .van-toast')) continue
    if (!holder.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const words = [...range.getClientRects()].filter((each) => each.width && each.height)
    const cut = reasonFor(holder, words)
    if (cut) found.push(`${cut}: ${node.data.trim().slice(0, 60)}`)
  }
  return found

  function reasonFor(holder, words) {
    for (let box = holder; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box)
      if (/auto|scroll/.test(style.overflowX) && box.scrollWidth > box.clientWidth) return '' // it can be scrolled to
      if (!/hidden|clip/.test(style.overflowX + style.overflowY)) continue
      const frame = box.getBoundingClientRect()
      const out = (each) =>
        each.left < frame.left - 1.5 || each.right > frame.right + 1.5 ||
        each.bottom > frame.bottom + 1.5 + each.height / 4 || each.top < frame.top - 1.5 - each.height / 4
      if (words.some(out)) return `cut by ${box.tagName.toLowerCase()}.${box.className}`
    }
    return words.some((each) => each.right > width + 1 || each.left < -1) ? 'beyond the edge' : ''
  }
}
