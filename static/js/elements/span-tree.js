/**
 * <span-tree data-chosen="span id">: the spans of a trace as a tree grid.
 *
 * Without it the rows are links. It adds keys (arrows, Home, End, Enter), folding of what is drawn, and chooses
 * a span without loading the page again: htmx draws what stands beside the tree, and the address follows.
 * Rows are flat, in order; what is under one has a higher aria-level.
 */

import { isTyping } from "lib/keys"
import { above, hideFolded } from "lib/tree-rows"

const FOLLOW_MS = 120 // arrows held down choose the row where they stop
const NARROW = "(max-width: 1100px)"

class SpanTree extends HTMLElement {
  #timer = 0

  connectedCallback() {
    this.addEventListener("click", this.#onClick)
    this.addEventListener("keydown", this.#onKey)
    this.addEventListener("focusin", this.#onFocus)
    document.addEventListener("htmx:load", this.#onDrawn)
    this.#tidy()
    this.#goToAddress()
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
    document.removeEventListener("htmx:load", this.#onDrawn)
  }

  get #rows() {
    return [...this.querySelectorAll("[role=row]")]
  }

  get #seen() {
    return this.#rows.filter((row) => !row.hidden)
  }

  // Actions

  #onClick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
    const row = event.target.closest("[role=row]")
    if (event.target.closest(".wf__fold")) {
      event.preventDefault()
      this.#fold(row, row.getAttribute("aria-expanded") !== "true")
    } else if (event.target.closest(".wf__link")) this.#mark(row)
    else if (row?.dataset.span && !event.target.closest("a")) this.#choose(row)
  }

  #onKey = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return
    const row = event.target.closest("[role=row]")
    if (!row || !this.#press(event.key, row)) return
    event.preventDefault()
    event.stopPropagation()
  }

  /** Do what a key asks for; true when it was something. */
  #press(key, row) {
    const rows = this.#seen
    const at = rows.indexOf(row)
    const isOpen = row.getAttribute("aria-expanded")
    const [back, forth] = getComputedStyle(this).direction === "rtl" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"]
    if (key === "ArrowDown") this.#goTo(rows[at + 1])
    else if (key === "ArrowUp") this.#goTo(rows[at - 1])
    else if (key === "Home") this.#goTo(rows[0])
    else if (key === "End") this.#goTo(rows.at(-1))
    else if (key === forth) isOpen === "false" ? this.#fold(row, true) : isOpen && this.#goTo(rows[at + 1])
    else if (key === back) isOpen === "true" ? this.#fold(row, false) : this.#goTo(above(row))
    else if (key === "Enter" || key === " ") row.dataset.span ? this.#choose(row) : row.querySelector("a").click()
    else return false
    return true
  }

  #onFocus = (event) => {
    const row = event.target.closest("[role=row]")
    if (row) this.#rows.forEach((each) => (each.tabIndex = each === row ? 0 : -1))
  }

  #goTo(row) {
    if (!row) return
    row.focus()
    row.scrollIntoView({ block: "nearest" })
    clearTimeout(this.#timer)
    if (row.dataset.span) this.#timer = setTimeout(() => this.#choose(row), FOLLOW_MS)
  }

  #choose(row) {
    if (row.getAttribute("aria-selected") === "true" && document.querySelector(`#trace-side[data-span="${row.dataset.span}"]`)) return
    row.querySelector(".wf__link").click()
  }

  /** Mark the chosen row, and let the address name it. */
  #mark(row) {
    this.#rows.forEach((each) => each.dataset.span && each.setAttribute("aria-selected", String(each === row)))
    history.replaceState(history.state, "", row.querySelector(".wf__link").href)
    if (matchMedia(NARROW).matches) {
      document.addEventListener("htmx:afterSettle", () => document.getElementById("trace-side")?.scrollIntoView(), { once: true })
    }
  }

  #fold(row, isOpen) {
    row.setAttribute("aria-expanded", String(isOpen))
    if (isOpen && !("filled" in row.dataset)) {
      row.dataset.filled = ""
      row.querySelector(".wf__fold").dispatchEvent(new CustomEvent("unfold", { bubbles: true }))
    }
    hideFolded(this.#rows)
  }

  /** Rows take the focus, one of them by Tab; their links are for the mouse. */
  #tidy() {
    const rows = this.#rows
    const entry = rows.find((row) => row.tabIndex === 0) ?? rows.find((row) => row.ariaSelected === "true") ?? rows[0]
    for (const row of rows) {
      row.tabIndex = row === entry ? 0 : -1
      row.querySelectorAll("a").forEach((link) => (link.tabIndex = -1))
    }
    hideFolded(this.#rows)
  }

  #onDrawn = (event) => {
    if (event.target.matches?.("[role=row]")) this.#tidy()
    else this.#count()
  }

  /** The panel beside tells how much was said about the chosen span. */
  #count() {
    const panel = document.querySelector("assess-panel[data-span]")
    const badge = panel && this.querySelector(`[data-span="${CSS.escape(panel.dataset.span)}"] [data-judged]`)
    if (!badge) return
    badge.querySelector("[data-judged-number]").textContent = panel.dataset.judged
    badge.hidden = panel.dataset.judged === "0"
  }

  /** `?span=…` is chosen by the server; `#span-…` names one too. */
  #goToAddress() {
    const named = /^#span-([0-9a-f]{1,16})$/.exec(location.hash)?.[1]
    const row = named && this.querySelector(`[data-span="${named}"]`)
    if (row && !row.hidden) this.#choose(row)
    else if (named) location.replace(`?view=steps&span=${named}`)
    const chosen = row || this.querySelector("[aria-selected=true]")
    chosen?.scrollIntoView({ block: "nearest" })
  }
}

customElements.define("span-tree", SpanTree)
