/**
 * <side-by-side data-socket="/ws/chat/compare/<id>/">: both answers while they come, and the verdict by keys 1 to 4.
 *
 * Everything works as plain forms, too; here nothing of a running answer is lost to a reload.
 */

import { AnswerStream } from "lib/answer-stream"
import { ChatSocket } from "lib/chat-socket"
import { articleIn } from "lib/turn-articles"

const NEAR_PX = 120

class SideBySide extends HTMLElement {
  #socket = null
  #streams = new Map() // by the id of the turn
  #isNear = true

  connectedCallback() {
    this.#box.addEventListener("scroll", () => (this.#isNear = this.#rest < NEAR_PX), { passive: true })
    this.addEventListener("keydown", this.#onComposerKey)
    document.addEventListener("keydown", this.#onKey)
    this.addEventListener("htmx:afterSwap", this.#onSwapped)
    this.#socket = new ChatSocket(this.dataset.socket)
    this.#socket.addEventListener("open", () => this.#watchAll())
    this.#socket.addEventListener("heard", (event) => this.#onHeard(event.detail))
    this.#socket.addEventListener("state", (event) => this.#onState(event.detail))
    this.#socket.open()
    const round = this.#round
    if (!round) return this.querySelector("textarea")?.focus()
    this.#box.scrollTop = this.#box.scrollHeight
    round.focus({ preventScroll: true }) // so that the keys act at once
    if (this.#isRunning) this.#say("answering")
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey)
    this.#socket.close()
    for (const stream of this.#streams.values()) stream.stop()
  }

  get #box() {
    return this.querySelector("[data-scroll]")
  }

  get #rest() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight
  }

  /** The round that keys act on: the last one that waits for a verdict, or the last one. */
  get #round() {
    const rounds = [...this.querySelectorAll("[data-round]")]
    return rounds.findLast((round) => !("judged" in round.dataset)) ?? rounds.at(-1)
  }

  get #isRunning() {
    return Boolean(this.querySelector("article[aria-busy=true]"))
  }

  // What comes

  #watchAll() {
    for (const article of this.querySelectorAll("article[aria-busy=true]")) {
      const { turn } = article.dataset
      const known = this.#streams.get(turn)
      const stream = known?.isOf(article) ? known : new AnswerStream(article, this.#follow)
      this.#streams.set(turn, stream)
      stream.draw()
      this.#socket.send({ op: "watch", turn, cursor: stream.cursor, blocks: stream.blocks })
    }
  }

  #onHeard({ op, turn, html, ...frame }) {
    if (op === "frame") return this.#streams.get(turn)?.take(frame)
    if (op !== "ended") return
    this.#streams.get(turn)?.stop()
    this.#streams.delete(turn)
    document.getElementById(`turn-${turn}`)?.replaceWith(articleIn(html))
    this.#follow()
    if (!this.#isRunning) this.#onBothEnded()
  }

  #onBothEnded() {
    this.#say("ended")
    this.querySelector("[data-stop]")?.remove()
    const send = this.querySelector("[data-send]")
    if (send) send.disabled = false
  }

  #onState(state) {
    this.querySelector("[data-connection]").hidden = state === "open"
  }

  /** A verdict draws its round anew, perhaps in the middle of an answer. */
  #onSwapped = (event) => {
    this.#watchAll()
    if (event.target.matches?.("[data-round]")) this.#after(event.target.id)
  }

  #after(id) {
    const round = document.getElementById(id)
    round?.focus({ preventScroll: true })
    round?.querySelector(".why")?.scrollIntoView({ block: "nearest" })
  }

  #follow = () => {
    if (this.#isNear) this.#box.scrollTop = this.#box.scrollHeight
  }

  #say(word) {
    this.querySelector("[data-status]").textContent = this.querySelector("template[data-words]").content.querySelector(`[data-word="${word}"]`).textContent
  }

  // Keys

  #onKey = (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape") return this.#isRunning ? this.querySelector("[data-stop]")?.click() : event.target.blur?.()
    if (event.target.matches("textarea, input:not([type=checkbox]), select")) return
    if (event.key === "Enter" && event.target.matches("body, [data-round], [data-scroll]")) {
      event.preventDefault()
      return this.querySelector("[data-ask] textarea")?.focus()
    }
    const button = /^[1-4]$/.test(event.key) && this.#round?.querySelectorAll(".verdicts button")[Number(event.key) - 1]
    if (button) {
      event.preventDefault()
      button.click()
    }
  }

  #onComposerKey = (event) => {
    if (!event.target.matches("[data-ask] textarea") || event.key !== "Enter" || event.shiftKey || event.isComposing) return
    event.preventDefault()
    const send = this.querySelector("[data-send]")
    if (!send.disabled && event.target.value.trim()) event.target.form.requestSubmit(send)
  }
}

customElements.define("side-by-side", SideBySide)
