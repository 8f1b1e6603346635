/**
 * An answer while it comes: finished blocks, which stay, and an open tail, which is drawn anew.
 *
 * Frames are gathered and put into the page once for each picture on the screen.
 */

const GOES_ON_INSIDE = new Set(["P", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "DIV", "TABLE", "TBODY", "TR", "TD", "H3", "H4", "H5", "H6"])

export class AnswerStream {
  #article
  #frames = []
  #planned = 0
  #lineEnd = "" // of the plain text, not shown yet
  #onDrawn

  /**
   * @param {HTMLElement} article
   * @param {() => void} onDrawn  called after each drawing
   */
  constructor(article, onDrawn) {
    this.#article = article
    this.#onDrawn = onDrawn
    this.cursor = Number(article.dataset.cursor || 0)
    this.blocks = Number(article.dataset.nBlocks || 0)
    this.#markTail()
  }

  /** @param {{cursor: number, blocks?: {n: number, html: string}[], tail?: string, text?: string, activity?: string}} frame */
  take(frame) {
    if (frame.cursor < this.cursor) return
    this.cursor = frame.cursor
    this.#frames.push(frame)
    // A hidden tab draws no pictures; what it gathers must not grow without end.
    if (document.hidden) this.draw()
    else this.#planned ||= requestAnimationFrame(this.draw)
  }

  draw = () => {
    cancelAnimationFrame(this.#planned)
    this.#planned = 0
    const frames = this.#frames
    this.#frames = []
    if (!frames.length || !this.#article.isConnected) return
    this.#addBlocks(frames.flatMap((frame) => frame.blocks ?? []))
    this.#drawTail(frames)
    if (this.blocks || this.#part("tail").textContent) this.#article.dataset.writing = ""
    const activity = frames.findLast((frame) => frame.activity !== undefined)
    if (activity) this.#part("activity").innerHTML = activity.activity
    this.#onDrawn()
  }

  isOf(article) {
    return this.#article === article
  }

  stop() {
    cancelAnimationFrame(this.#planned)
    this.#frames = []
  }

  // Private

  #part(name) {
    return this.#article.querySelector(`[data-${name}]`)
  }

  /** Each once and in their order, whatever is heard twice: after another `watch`, two tell of the same turn for a moment. */
  #addBlocks(heard) {
    let html = ""
    for (const block of heard) if (block.n === this.blocks) (html += block.html), this.blocks++
    if (html) this.#part("blocks").insertAdjacentHTML("beforeend", html)
    this.#markTail()
  }

  /** How far the tail stands below the blocks depends on the last of them. */
  #markTail() {
    const last = this.#part("blocks")?.lastElementChild
    if (last) this.#part("tail").dataset.after = /^H[3-6]$/.test(last.tagName) ? "heading" : "text"
  }

  /** The last tail counts, and the plain text that came after it. */
  #drawTail(frames) {
    const last = frames.findLastIndex((frame) => frame.tail !== undefined || frame.blocks?.length)
    const text = frames.slice(Math.max(last, 0)).map((frame) => frame.text ?? "").join("")
    if (last >= 0) this.#replaceTail(frames[last].tail ?? "")
    if (text) this.#addText(text)
  }

  /** Outside of code a new line shows when its first word does: an empty one would go again, and all would move. */
  #addText(text) {
    const place = this.#part("tail-text")
    if (place.closest("pre")) return place.append(text)
    const lines = (this.#lineEnd + text).replace(/\s*\n\s*/g, "\n")
    this.#lineEnd = lines.endsWith("\n") ? "\n" : ""
    place.append(this.#lineEnd ? lines.slice(0, -1) : lines)
  }

  #replaceTail(html) {
    this.#lineEnd = ""
    const [tail, place, text] = [this.#part("tail"), this.#part("tail-html"), this.#part("tail-text")]
    text.textContent = ""
    tail.append(text)
    place.innerHTML = html
    endOf(place).append(text)
  }
}

/** Where plain text goes on: in the last paragraph, item or cell, not below it. */
function endOf(place) {
  let end = place
  while (GOES_ON_INSIDE.has(end.lastElementChild?.tagName) && !saysMoreAfter(end.lastElementChild)) end = end.lastElementChild
  return end.matches("pre") ? (end.querySelector("code") ?? end) : end
}

function saysMoreAfter(element) {
  for (let next = element.nextSibling; next; next = next.nextSibling) if (next.textContent.trim()) return true
  return false
}
