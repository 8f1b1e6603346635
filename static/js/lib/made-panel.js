/** At the right, or over the talk on narrow screens: how the chosen answer was made. */

import { send } from "lib/sending"

const isNarrow = matchMedia("(max-width: 1240px)")

export class MadePanel {
  #page
  #asked = "" // the address of what is shown or on its way

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#page = page
    isNarrow.addEventListener("change", () => this.follow(page.chosen))
  }

  toggle(article) {
    if (this.isOpen) this.close()
    else this.open(article)
  }

  open(article) {
    this.#page.classList.add("chat--made")
    this.#show(article)
    if (isNarrow.matches) this.#page.querySelector("#made [data-close-made]")?.focus()
  }

  close() {
    this.#page.classList.remove("chat--made")
  }

  /** Another answer was chosen, or this one has ended. */
  follow(article) {
    if (!isNarrow.matches || this.isOpen) this.#show(article)
  }

  /** More is known of how a turn was made; what somebody has opened of it stays open. */
  async refresh(turn) {
    const shown = this.#page.querySelector("#made")
    if (shown.dataset.madeOf !== turn) return
    const article = document.getElementById(`turn-${turn}`)
    const open = [...shown.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent)
    const { scrollTop } = shown
    await this.#load(article.dataset.madeUrl)
    const now = this.#page.querySelector("#made")
    for (const summary of now.querySelectorAll("summary")) if (open.includes(summary.textContent)) summary.parentElement.open = true
    now.scrollTop = scrollTop
  }

  get isOpen() {
    return this.#page.classList.contains("chat--made")
  }

  async #show(chosen) {
    const article = chosen?.dataset.madeUrl ? chosen : finishedBefore(chosen)
    const url = article?.dataset.madeUrl
    const shown = this.#page.querySelector("#made")
    if (!url || url === this.#asked || (!this.#asked && shown.dataset.madeOf === article.dataset.turn)) return
    await this.#load(url)
  }

  async #load(url) {
    this.#asked = url
    const response = await send(url)
    if (!response?.ok || this.#asked !== url) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    this.#page.querySelector("#made").replaceWith(document.importNode(page.querySelector("#made"), true))
    window.htmx?.process(this.#page.querySelector("#made"))
  }
}

/** While an answer is made, the one before it is shown. */
function finishedBefore(article) {
  let before = article
  while (before && !before.dataset.madeUrl) before = before.previousElementSibling
  return before
}
