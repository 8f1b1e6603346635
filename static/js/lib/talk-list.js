/** The conversations at the left: found while typing, drawn anew when an answer has come. */

import { send } from "lib/sending"

const QUIET_MS = 200

export class TalkList {
  #place
  #where
  #timer = 0

  /**
   * @param {HTMLElement} place
   * @param {{list: string, conversation: string}} where
   */
  constructor(place, { list, conversation }) {
    this.#place = place
    this.#where = { list, conversation }
    this.#field.addEventListener("input", () => this.#soon())
    this.#field.addEventListener("keydown", this.#onKey)
  }

  search() {
    this.#field.focus()
    this.#field.select()
  }

  async refresh() {
    const words = this.#field.value
    const query = new URLSearchParams({ current: this.#where.conversation, q: words })
    const response = await send(`${this.#where.list}?${query}`)
    if (!response?.ok || words !== this.#field.value) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const [now, then] = [page.querySelector("#conversations"), this.#place.querySelector("#conversations")]
    const { scrollTop } = then
    then.replaceWith(document.importNode(now, true))
    this.#place.querySelector("#conversations").scrollTop = scrollTop
    this.#name()
  }

  /** A conversation gets its name from its first message. */
  #name() {
    const name = this.#place.querySelector("[aria-current] .talks__title")?.textContent
    const title = document.querySelector("[data-title]")
    if (!name || title.textContent === name) return
    document.title = document.title.replace(/^.* · /, `${name} · `)
    title.textContent = name
    const field = document.querySelector("[data-rename]:not([open]) [name=title]")
    if (field) field.value = name
  }

  // Private

  get #field() {
    return this.#place.querySelector("[type=search]")
  }

  #soon() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.refresh(), QUIET_MS)
  }

  #onKey = (event) => {
    if (event.key !== "Escape" || !this.#field.value) return
    event.preventDefault()
    event.stopPropagation()
    this.#field.value = ""
    this.refresh()
  }
}
