/** What is said about the talk: one quiet line on the connection, one status for who can't see it. */

import { word } from "lib/words"

export class TalkStatus {
  #line
  #status

  /** @param {HTMLElement} page */
  constructor(page) {
    this.#line = page.querySelector("[data-connection]")
    this.#status = page.querySelector("[data-status]")
  }

  /** @param {"open"|"reconnecting"|"offline"|"gone"} state */
  sayConnection(state) {
    if (!this.#line) return
    this.#line.hidden = state === "open"
    if (state !== "open") this.#line.textContent = word(state)
  }

  /** @param {string} ended  the state of a turn that has just ended, or nothing */
  sayAnswer(isRunning, ended) {
    const known = { complete: "complete", stopped: "stopped" }
    if (ended) this.#say(word(known[ended] ?? "ended"))
    else if (isRunning) this.#say(word("answering"))
  }

  #say(words) {
    if (this.#status.textContent !== words) this.#status.textContent = words
  }
}
