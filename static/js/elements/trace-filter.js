/**
 * <trace-filter data-completions="/traces/completions/">: completes the filter, as an ARIA combobox.
 *
 * ↑ ↓ choose, Tab and Enter take what is chosen, Escape closes. Enter without a choice searches.
 */

import { FilterColours } from "lib/filter-colours"

const PAUSE_MS = 120

class TraceFilter extends HTMLElement {
  #timer = 0
  #asked = null
  #found = { start: 0, end: 0, options: [] }
  #chosen = -1

  connectedCallback() {
    this.input = this.querySelector("input")
    this.list = this.querySelector("[role=listbox]")
    this.status = this.querySelector("[data-count]")
    const said = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id }
    for (const [name, value] of Object.entries(said)) this.input.setAttribute(name, value)
    this.colours = new FilterColours(this, this.input, this.querySelector(".filter__colours"))
    this.input.addEventListener("input", this.#ask)
    this.input.addEventListener("focus", this.#onFocus)
    this.input.addEventListener("keydown", this.#onKey)
    this.input.addEventListener("blur", () => this.#close())
    this.list.addEventListener("pointerdown", this.#onPointer)
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
    this.#asked?.abort()
  }

  /** Where the page says what is wrong with the filter, suggestions come with the first key: they would cover it. */
  #onFocus = () => {
    if (this.input.ariaInvalid !== "true") this.#ask()
  }

  #ask = () => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fetch(), PAUSE_MS)
  }

  async #fetch() {
    this.#asked?.abort()
    this.#asked = new AbortController()
    const asked = new URLSearchParams({ filter: this.input.value, caret: this.input.selectionStart ?? 0 })
    const response = await fetch(`${this.dataset.completions}?${asked}`, { signal: this.#asked.signal }).catch(() => null)
    if (!response?.ok) return
    const found = await response.json().catch(() => null)
    if (found && document.activeElement === this.input) this.#show(found)
  }

  #show(found) {
    this.#found = found
    this.#chosen = -1
    this.list.replaceChildren(...found.options.map(drawn))
    this.#mark()
    const isOpen = found.options.length > 0
    this.list.hidden = !isOpen
    this.input.setAttribute("aria-expanded", String(isOpen))
    this.status.textContent = isOpen ? this.status.dataset.count.replace("{n}", found.options.length) : ""
  }

  #close() {
    clearTimeout(this.#timer)
    this.#asked?.abort()
    this.#show({ start: 0, end: 0, options: [] })
  }

  #onKey = (event) => {
    const n = this.#found.options.length
    if (event.isComposing || !n) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      this.#chosen = this.#chosen < 0 && step < 0 ? n - 1 : (this.#chosen + step + n) % n
      this.#mark()
    } else if (event.key === "Escape") {
      event.preventDefault()
      this.#close()
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#chosen >= 0) {
      event.preventDefault()
      this.#take(this.#chosen)
    }
  }

  #onPointer = (event) => {
    event.preventDefault() // the field keeps the focus
    const option = event.target.closest("[role=option]")
    if (option) this.#take([...this.list.children].indexOf(option))
  }

  #mark() {
    const options = [...this.list.children]
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.#chosen)))
    const chosen = options[this.#chosen]
    if (chosen) this.input.setAttribute("aria-activedescendant", chosen.id)
    else this.input.removeAttribute("aria-activedescendant")
    chosen?.scrollIntoView({ block: "nearest" })
  }

  #take(place) {
    const { start, end, options } = this.#found
    this.input.setRangeText(options[place].text, start, end, "end")
    this.colours.draw()
    this.#fetch()
  }
}

function drawn(option, place) {
  const item = document.createElement("li")
  item.role = "option"
  item.id = `filter-option-${place}`
  const words = document.createElement("span")
  words.textContent = option.label
  const kind = document.createElement("small")
  kind.textContent = option.kind
  item.append(words, kind)
  return item
}

customElements.define("trace-filter", TraceFilter)
