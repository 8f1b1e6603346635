/** What is typed and not yet sent: on this device at once, on the server within a second. */

const SAVE_AFTER_MS = 700
const RETRY_MS = 4_000

export class KeptDraft {
  #key
  #url
  #csrf
  #say
  #timer = 0
  #text = null // what the server doesn't have yet
  #saved // what it has

  /**
   * @param {{name: string, url: string, csrf: string, saved: string}} where
   * @param {(state: "kept"|"kept-here"|"") => void} say
   */
  constructor({ name, url, csrf, saved }, say) {
    this.#saved = saved
    this.#key = `reviewapp.chat.${name}`
    this.#url = url
    this.#csrf = csrf
    this.#say = say
    addEventListener("online", this.flush)
    addEventListener("pagehide", this.#onLeave)
  }

  /** @returns {string|null} what this device has and the server never got */
  recovered() {
    return localStorage.getItem(this.#key)
  }

  keep(text) {
    if (text === (this.#text ?? this.#saved)) return
    this.#text = text
    try {
      localStorage.setItem(this.#key, text)
    } catch {
      // Full or forbidden storage: the server's copy has to do.
    }
    this.#say(navigator.onLine ? "" : "kept-here")
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.flush, SAVE_AFTER_MS)
  }

  flush = async () => {
    clearTimeout(this.#timer)
    const text = this.#text
    if (text === null) return
    const response = await fetch(this.#url, { method: "POST", body: this.#body(text) }).catch(() => null)
    if (text !== this.#text) return
    if (!response || response.status >= 500) {
      this.#say("kept-here")
      this.#timer = setTimeout(this.flush, RETRY_MS)
      return
    }
    this.#text = null
    this.#saved = text
    localStorage.removeItem(this.#key)
    this.#say(text && response.ok ? "kept" : "")
  }

  #onLeave = () => {
    if (this.#text !== null) navigator.sendBeacon(this.#url, this.#body(this.#text))
  }

  #body(text) {
    return new URLSearchParams({ message: text, csrfmiddlewaretoken: this.#csrf })
  }
}
