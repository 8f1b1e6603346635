/**
 * <assess-panel>: what was said about a trace. htmx saves and draws it anew; this adds the keys.
 *
 *     a          opens the form; not while somebody types
 *     Esc        closes the form that has the focus, or gives the focus back to the chosen span
 *     Ctrl ⏎     saves
 */

import { isTyping } from "lib/keys"

class AssessPanel extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", this.#onKey)
    this.addEventListener("keydown", this.#onOwnKey)
    this.addEventListener("click", this.#onClick)
    this.addEventListener("htmx:afterSettle", this.#onDrawn)
    this.#announce()
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey)
  }

  get #adding() {
    return this.querySelector(".assessing__add")
  }

  // Actions

  #onKey = (event) => {
    if (event.defaultPrevented || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key.toLowerCase() !== "a" || isTyping(event.target)) return
    event.preventDefault()
    this.#adding.open = true
    this.#adding.scrollIntoView({ block: "nearest" })
    focusFirst(this.#adding.querySelector("form"))
  }

  #onOwnKey = (event) => {
    const form = event.target.closest("form.assess")
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) form.requestSubmit()
    else if (event.key === "Escape") this.#leave(form)
    else return
    event.preventDefault()
  }

  #onClick = (event) => {
    const cancel = event.target.closest("[data-cancel]")
    if (cancel?.closest(".assessing__add")) this.#adding.open = false
  }

  /** A form that came, for a question or a change, takes the focus. */
  #onDrawn = (event) => {
    const form = event.target.closest?.("form.assess") ?? event.target.querySelector?.("form.assess")
    if (form && this.contains(form) && event.target !== this) focusFirst(form)
  }

  // Private

  /** Say what was just done, and give back the focus that the form had before it went. */
  #announce() {
    const place = this.querySelector(".assessing__said")
    const words = place.textContent
    if (!words) return
    place.textContent = "" // what a live region is born with is not read out
    requestAnimationFrame(() => {
      place.textContent = words
      if (document.activeElement === document.body) this.#home.focus({ preventScroll: true })
    })
  }

  get #home() {
    const row = document.querySelector("span-tree [role=row][tabindex='0']")
    return row ?? this.#adding.querySelector("summary")
  }

  #leave(form) {
    if (form?.closest(".verdict")) return form.querySelector("[data-cancel]").click()
    this.#adding.open = false
    this.#home.focus()
  }
}

/** What is wrong, else the first thing to fill in. */
function focusFirst(form) {
  const place = form?.querySelector("[aria-invalid=true]") ?? form?.querySelector("input:not([type=hidden]), textarea")
  place?.focus()
}

customElements.define("assess-panel", AssessPanel)
