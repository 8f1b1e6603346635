/**
 * <draft-keeper>: nothing typed is ever lost.
 *
 * Every change is kept on this device at once and on the server within a second; the element's text
 * says which. It also holds the item (each save prolongs the lease) and counts the seconds of attention.
 */

import { word } from "lib/words"

const SAVE_AFTER_MS = 600
const HOLD_EVERY_MS = 120_000 // well within any lease
const RETRY_MS = 4_000
const TICK_MS = 1_000
const IDLE_AFTER_MS = 60_000 // without a sign of life, seconds don't count

class DraftKeeper extends HTMLElement {
  #timers = []
  #pending = 0
  #savedAt = 0
  #isDirty = false
  #isSending = false
  #isDone = false
  #lastSign = Date.now()

  connectedCallback() {
    this.#savedAt = Number(this.form.dataset.savedAt || 0) * 1000
    this.#recover()
    this.form.addEventListener("answers:changed", this.#onChange)
    this.form.addEventListener("input", this.#onChange)
    for (const sign of ["pointermove", "keydown", "scroll"]) addEventListener(sign, this.#onSign, { passive: true, capture: true })
    addEventListener("online", this.flush)
    addEventListener("pagehide", this.#onLeave)
    this.#timers = [setInterval(this.#tick, TICK_MS), setInterval(this.#hold, HOLD_EVERY_MS)]
  }

  disconnectedCallback() {
    this.form?.removeEventListener("answers:changed", this.#onChange)
    this.form?.removeEventListener("input", this.#onChange)
    for (const sign of ["pointermove", "keydown", "scroll"]) removeEventListener(sign, this.#onSign, { capture: true })
    removeEventListener("online", this.flush)
    removeEventListener("pagehide", this.#onLeave)
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#pending)
  }

  // Actions

  get form() {
    return this.closest("form")
  }

  /** Send what is not on the server yet, now. */
  flush = () => {
    clearTimeout(this.#pending)
    if (this.#isDirty && !this.#isSending) this.#send()
  }

  /** The answers were submitted: stop keeping. `false` starts again. */
  finish(isDone = true) {
    this.#isDone = isDone
    clearTimeout(this.#pending)
    if (isDone) localStorage.removeItem(this.#key)
    else this.#keepHere()
  }

  /** Say how things stand: "saved", "saving", "offline" or "failed". */
  say(state, text = "") {
    this.dataset.state = state
    const words = text || word(state)
    if (this.textContent !== words) this.textContent = words
  }

  // Private

  get #key() {
    return `reviewapp.draft.${this.closest("[data-review]").dataset.review}`
  }

  #onChange = () => {
    if (this.#isDone) return
    this.#isDirty = true
    this.#keepHere()
    this.say(navigator.onLine ? "saving" : "offline")
    clearTimeout(this.#pending)
    this.#pending = setTimeout(this.flush, SAVE_AFTER_MS)
  }

  #onSign = () => {
    this.#lastSign = Date.now()
  }

  #onLeave = () => {
    if (this.#isDirty && !this.#isDone) navigator.sendBeacon(this.form.dataset.draftUrl, new URLSearchParams(new FormData(this.form)))
  }

  #hold = () => {
    const isPresent = document.visibilityState === "visible" && Date.now() - this.#lastSign < HOLD_EVERY_MS * 2
    if (isPresent && !this.#isDirty && this.form.dataset.draftUrl) this.#send()
  }

  #tick = () => {
    const isPresent = document.visibilityState === "visible" && Date.now() - this.#lastSign < IDLE_AFTER_MS
    if (isPresent) this.form.elements.active_s.value = Number(this.form.elements.active_s.value) + 1
    if (this.dataset.state !== "saved" || !this.#savedAt) return
    const seconds = Math.round((Date.now() - this.#savedAt) / 1000)
    if (seconds < 5) this.say("saved")
    else if (seconds < 60) this.say("saved", word("saved-ago", Math.floor(seconds / 5) * 5))
    else this.say("saved", word("saved-minutes-ago", Math.floor(seconds / 60)))
  }

  async #send() {
    this.#isSending = true
    this.#isDirty = false
    const response = await this.#post()
    this.#isSending = false
    if (this.#isDone || !this.isConnected) return
    if (!response || response.status >= 500) {
      this.#isDirty = true
      this.say("offline")
      this.#pending = setTimeout(this.flush, RETRY_MS)
    } else if (response.status === 409) this.say("failed", word("lost"))
    else if (!response.ok) this.say("failed")
    else this.#onSaved()
  }

  #post() {
    const body = new URLSearchParams(new FormData(this.form))
    return fetch(this.form.dataset.draftUrl, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null)
  }

  #onSaved() {
    this.#savedAt = Date.now()
    if (this.#isDirty) return this.flush()
    this.say("saved")
    this.#keepHere()
  }

  // What is kept on this device: the form as it stands, and when.

  #keepHere() {
    const pairs = [...new FormData(this.form)].filter(([name]) => name !== "csrfmiddlewaretoken")
    try {
      localStorage.setItem(this.#key, JSON.stringify({ at: Date.now(), isSaved: !this.#isDirty, pairs }))
    } catch {
      // Full or forbidden storage: the server's copy has to do.
    }
  }

  /** Bring back what this device has and the server never got. */
  #recover() {
    const kept = JSON.parse(localStorage.getItem(this.#key) ?? "null")
    if (!kept || kept.isSaved || kept.at < this.#savedAt) return
    const texts = new Map()
    for (const [name, value] of kept.pairs) texts.set(name, [...(texts.get(name) ?? []), value])
    for (const field of this.form.elements) {
      if (!/^(answer|comment|evidence)-/.test(field.name ?? "")) continue
      const values = texts.get(field.name) ?? []
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = values.includes(field.value)
      else field.value = values[0] ?? ""
    }
    this.say("saving", word("recovered"))
    this.#isDirty = true
    this.#pending = setTimeout(this.flush, SAVE_AFTER_MS)
    queueMicrotask(() => this.form.querySelector("question-list")?.refresh?.())
  }
}

customElements.define("draft-keeper", DraftKeeper)
