/** A form that saves itself: what is chosen at once, what is typed within a second. */

import { send } from "lib/sending"

const TYPED_MS = 800
const RETRY_MS = 4_000

export class Autosave {
  #form
  #say
  #show
  #timer = 0
  #isDirty = false
  #sending = null

  /**
   * @param {HTMLFormElement} form
   * @param {(state: "saving"|"saved"|"wrong"|"offline"|"failed") => void} say
   * @param {(answer: Document, isRight: boolean) => void} show  what the server found wrong
   */
  constructor(form, say, show) {
    this.#form = form
    this.#say = say
    this.#show = show
    for (const name of ["input", "change", "quotes:changed"]) form.addEventListener(name, this.#onChange)
    form.addEventListener("submit", this.#onSubmit)
    addEventListener("online", this.flush)
    addEventListener("pagehide", this.#onLeave)
  }

  stop() {
    clearTimeout(this.#timer)
    removeEventListener("online", this.flush)
    removeEventListener("pagehide", this.#onLeave)
  }

  get isBusy() {
    return this.#isDirty || this.#sending !== null
  }

  /** Send what is not on the server yet, now, and wait for it. */
  flush = async () => {
    clearTimeout(this.#timer)
    await this.#sending
    if (!this.#isDirty) return
    this.#sending = this.#save()
    await this.#sending
    this.#sending = null
  }

  #onChange = ({ type, target }) => {
    const isTyped = type === "input" && target.matches("textarea, input:not([type=radio], [type=checkbox])")
    if (type === "change" && !this.#isDirty && target.matches("textarea")) return // left, and saved already
    this.#isDirty = true
    this.#say(navigator.onLine ? "saving" : "offline")
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.flush, isTyped ? TYPED_MS : 0)
  }

  /** Enter in a line of text saves. */
  #onSubmit = (event) => {
    if (event.submitter?.name) return
    event.preventDefault()
    this.flush()
  }

  #onLeave = () => {
    if (!this.#isDirty) return
    const body = new URLSearchParams(new FormData(this.#form))
    body.set("csrfmiddlewaretoken", document.querySelector("[data-csrf]").dataset.csrf)
    navigator.sendBeacon(this.#form.action, body)
  }

  async #save() {
    this.#isDirty = false
    const response = await send(this.#form.action, new URLSearchParams(new FormData(this.#form)))
    if (!this.#form.isConnected) return
    if (!response || response.status >= 500) {
      this.#isDirty = true
      this.#say("offline")
      this.#timer = setTimeout(this.flush, RETRY_MS)
    } else if (response.ok || response.status === 422) {
      this.#show(new DOMParser().parseFromString(await response.text(), "text/html"))
      if (!this.#isDirty) this.#say(response.ok ? "saved" : "wrong")
    } else this.#say("failed")
  }
}
