/**
 * <quote-picker>: words marked in the conversation become evidence for the focused question.
 *
 * On the review page it stands in the item; on the chat page one serves all turns, each with its own questions.
 * A quote is {span_id, field, start, end, quote}: where it stands in a text container
 * (data-anchor-span, data-anchor-field), as offsets into that container's text.
 */

import { word } from "lib/words"

const MAX_QUOTE_LENGTH = 2000 // characters, as the server takes

class QuotePicker extends HTMLElement {
  #button = null

  connectedCallback() {
    this.#button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small button--primary quote-button", hidden: true, textContent: word("evidence") })
    this.replaceChildren(this.#button)
    this.#button.addEventListener("pointerdown", (event) => event.preventDefault()) // keep the selection
    this.#button.addEventListener("click", () => this.take())
    document.addEventListener("selectionchange", this.#onSelection)
    this.#root.addEventListener("click", this.#onClick)
    for (const name of ["quotes:changed", "htmx:afterSwap"]) this.#root.addEventListener(name, this.#paint)
    this.#paint()
  }

  disconnectedCallback() {
    document.removeEventListener("selectionchange", this.#onSelection)
    globalThis.CSS?.highlights?.delete("evidence")
  }

  // Actions

  /** Keep the marked words with the focused question. Returns whether there were any. */
  take() {
    const { quote, question } = this.#marked()
    if (!question) return false
    setQuotes(question, [...quotesOf(question), quote])
    getSelection().removeAllRanges()
    return true
  }

  // Private

  /** Where words can be marked. */
  get #root() {
    return this.closest("[data-review], main")
  }

  #onSelection = () => {
    const { question } = this.#marked()
    this.#button.hidden = !question
    if (!question) return
    const box = getSelection().getRangeAt(0).getBoundingClientRect()
    const { offsetWidth, offsetHeight } = this.#button
    const left = Math.max(8, Math.min(box.left + box.width / 2 - offsetWidth / 2, innerWidth - offsetWidth - 8))
    const top = box.top > offsetHeight + 64 ? box.top - offsetHeight - 8 : Math.min(box.bottom + 8, innerHeight - offsetHeight - 8)
    Object.assign(this.#button.style, { left: `${left}px`, top: `${top}px`, right: "auto" })
  }

  #onClick = (event) => {
    const remove = event.target.closest("[data-remove-quote]")
    if (!remove) return
    const question = remove.closest("[data-question]")
    setQuotes(question, quotesOf(question).filter((_, place) => place !== Number(remove.dataset.removeQuote)))
  }

  /** The words that are marked, and the question that has the focus beside them; nothing where either is missing. */
  #marked() {
    const selection = getSelection()
    if (!selection.rangeCount || selection.isCollapsed) return {}
    const range = selection.getRangeAt(0)
    const node = range.commonAncestorContainer
    const anchor = (node instanceof Element ? node : node.parentElement)?.closest("[data-anchor-span]")
    const text = selection.toString().trim()
    const question = anchor?.closest("[data-review], [data-turn]")?.querySelector("question-list")?.current
    if (!question || !text || !this.#root.contains(anchor)) return {}
    const before = document.createRange()
    before.setStart(anchor, 0)
    before.setEnd(range.startContainer, range.startOffset)
    const start = before.toString().length
    const place = { span_id: anchor.dataset.anchorSpan, field: anchor.dataset.anchorField ?? "", start, end: start + range.toString().length }
    return { quote: { ...place, quote: text.slice(0, MAX_QUOTE_LENGTH) }, question }
  }

  /** Mark the kept quotes in the text, without touching it. */
  #paint = () => {
    if (!globalThis.CSS?.highlights) return
    const quotes = [...this.#root.querySelectorAll("[data-question]")].flatMap(quotesOf)
    const ranges = quotes.map((quote) => rangeOf(this.#root, quote)).filter(Boolean)
    CSS.highlights.set("evidence", new Highlight(...ranges))
  }
}

/** The quotes that a question keeps. */
export function quotesOf(question) {
  const text = question.querySelector("[data-evidence]")?.value
  return text ? JSON.parse(text) : []
}

function setQuotes(question, quotes) {
  question.querySelector("[data-evidence]").value = quotes.length ? JSON.stringify(quotes) : ""
  drawQuotes(question)
  question.dispatchEvent(new CustomEvent("quotes:changed", { bubbles: true }))
  question.dispatchEvent(new CustomEvent("answers:changed", { bubbles: true }))
}

/** Draw a question's quotes below it, each with a button that removes it. */
export function drawQuotes(question) {
  const list = question.querySelector("[data-evidence-list]")
  if (!list) return
  const quotes = quotesOf(question)
  list.hidden = quotes.length === 0
  list.replaceChildren(...quotes.map(({ quote }, place) => {
    const item = Object.assign(document.createElement("li"), { className: "evidence" })
    const label = `${word("remove")}: ${quote.slice(0, 60)}`
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "icon-button", textContent: "×", ariaLabel: label })
    remove.dataset.removeQuote = place
    item.append(Object.assign(document.createElement("q"), { dir: "auto", textContent: quote }), remove)
    return item
  }))
}

/** Find a quote's place again: by its offsets, when the words still stand there. */
function rangeOf(root, { span_id: span, field, start, end }) {
  const anchor = root.querySelector(`[data-anchor-span="${CSS.escape(span ?? "")}"][data-anchor-field="${CSS.escape(field ?? "")}"]`)
  if (!anchor || !(end > start)) return null
  const range = document.createRange()
  const walker = document.createTreeWalker(anchor, NodeFilter.SHOW_TEXT)
  let passed = 0
  let isStarted = false
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!isStarted && passed + node.length > start) {
      range.setStart(node, start - passed)
      isStarted = true
    }
    if (isStarted && passed + node.length >= end) {
      range.setEnd(node, end - passed)
      return range
    }
    passed += node.length
  }
  return null
}

customElements.define("quote-picker", QuotePicker)
