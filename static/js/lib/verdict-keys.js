/** Keys of side by side: 1 to 4 judge, Escape stops, Enter goes to the message and sends it. None judges while one writes. */

const hasKeyboard = matchMedia("(hover: hover) or (pointer: fine)") // on a phone Enter is a new line

export class VerdictKeys {
  #page

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#page = page
    page.addEventListener("keydown", this.#onComposerKey)
    document.addEventListener("keydown", this.#onKey)
  }

  stop() {
    this.#page.removeEventListener("keydown", this.#onComposerKey)
    document.removeEventListener("keydown", this.#onKey)
  }

  /** The round that keys act on: the last one that waits for a verdict, or the last one. */
  get round() {
    const rounds = [...this.#page.querySelectorAll("[data-round]")]
    return rounds.findLast((round) => !("judged" in round.dataset)) ?? rounds.at(-1)
  }

  get isRunning() {
    return Boolean(this.#page.querySelector("article[aria-busy=true]"))
  }

  #onKey = (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape") return this.#escape(event)
    if (event.target.matches("textarea, input:not([type=checkbox]), select")) return
    if (event.key === "Enter" && event.target.matches("body, [data-round], [data-scroll]")) {
      event.preventDefault()
      return this.#page.querySelector("[data-ask] textarea")?.focus()
    }
    const button = /^[1-4]$/.test(event.key) && this.round?.querySelectorAll(".verdicts button")[Number(event.key) - 1]
    if (button) {
      event.preventDefault()
      button.click()
    }
  }

  #escape(event) {
    if (this.isRunning) this.#page.querySelector("[data-stop]")?.click()
    else event.target.blur()
  }

  #onComposerKey = (event) => {
    if (!event.target.matches("[data-ask] textarea") || event.key !== "Enter" || event.shiftKey || event.isComposing) return
    if (!hasKeyboard.matches) return
    event.preventDefault()
    const send = this.#page.querySelector("[data-send]")
    if (!send.disabled && event.target.value.trim()) event.target.form.requestSubmit(send)
  }
}
