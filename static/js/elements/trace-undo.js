/** <trace-undo>: goes away after 8 s, unless somebody is at it. It can be undone from the address for longer. */

const SHOWN_MS = 8_000

class TraceUndo extends HTMLElement {
  #timer = 0

  connectedCallback() {
    this.addEventListener("pointerenter", this.#stay)
    this.addEventListener("focusin", this.#stay)
    this.addEventListener("pointerleave", this.#go)
    this.addEventListener("focusout", this.#go)
    this.#go()
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
  }

  #stay = () => clearTimeout(this.#timer)

  #go = () => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.remove(), SHOWN_MS)
  }
}

customElements.define("trace-undo", TraceUndo)
