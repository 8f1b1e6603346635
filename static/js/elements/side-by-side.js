/**
 * <side-by-side data-socket="/ws/chat/compare/<id>/">: both answers while they come, and the verdict by keys 1 to 4.
 *
 * Everything works as plain forms, too; here nothing of a running answer is lost to a reload.
 */

import { AnswerStream } from "lib/answer-stream"
import { ChatSocket } from "lib/chat-socket"
import { KeptDraft } from "lib/kept-draft"
import { articleIn } from "lib/turn-articles"
import { VerdictKeys } from "lib/verdict-keys"

const NEAR_PX = 120

class SideBySide extends HTMLElement {
  #socket = null
  #streams = new Map() // by the id of the turn
  #isNear = true
  #keys = null

  connectedCallback() {
    this.#box.addEventListener("scroll", () => (this.#isNear = this.#rest < NEAR_PX), { passive: true })
    this.#keys = new VerdictKeys(this)
    this.addEventListener("htmx:afterSwap", this.#onSwapped)
    this.#keepDraft()
    this.#socket = new ChatSocket(this.dataset.socket)
    this.#socket.addEventListener("open", () => this.#watchAll())
    this.#socket.addEventListener("heard", (event) => this.#onHeard(event.detail))
    this.#socket.addEventListener("state", (event) => this.#onState(event.detail))
    this.#socket.open()
    const { round } = this.#keys
    if (!round) return this.querySelector("textarea")?.focus()
    this.#box.scrollTop = this.#box.scrollHeight
    round.focus({ preventScroll: true }) // so that the keys act at once
    if (this.#keys.isRunning) this.#say("answering")
  }

  disconnectedCallback() {
    this.#keys.stop()
    this.#socket.close()
    for (const stream of this.#streams.values()) stream.stop()
  }

  get #box() {
    return this.querySelector("[data-scroll]")
  }

  get #rest() {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight
  }

  /** What is typed and not yet sent comes back after a reload. */
  #keepDraft() {
    const form = this.querySelector("[data-ask]")
    if (!form) return
    const [text, { draftUrl }, csrf] = [form.elements.message, form.dataset, form.elements.csrfmiddlewaretoken.value]
    const draft = new KeptDraft({ name: draftUrl, url: draftUrl, csrf, saved: text.defaultValue }, () => {})
    text.value = draft.recovered() || text.value
    text.addEventListener("input", () => draft.keep(text.value))
    form.addEventListener("submit", () => draft.keep(""))
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
    if (op === "turn") return this.#onTurn(turn, html)
    if (op !== "ended") return
    this.#streams.get(turn)?.stop()
    this.#streams.delete(turn)
    document.getElementById(`turn-${turn}`)?.replaceWith(articleIn(html))
    this.#follow()
    if (!this.#keys.isRunning) this.#onBothEnded()
  }

  /** Something was asked on another page of this comparison; or an answer that was taken for lost lives. */
  async #onTurn(turn, html) {
    const article = document.getElementById(`turn-${turn}`)
    if (article && html) article.replaceWith(articleIn(html))
    if (article) return this.#watchAll()
    const response = await fetch(location.href).catch(() => null)
    if (!response?.ok) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    for (const round of page.querySelectorAll("[data-round]")) if (!document.getElementById(round.id)) this.#add(round)
    this.#watchAll()
  }

  #add(round) {
    this.querySelector(".beginning")?.remove()
    this.querySelector("#rounds").append(document.importNode(round, true))
    window.htmx?.process(document.getElementById(round.id))
    this.#follow()
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
    this.#say("judged")
  }

  #follow = () => {
    if (this.#isNear) this.#box.scrollTop = this.#box.scrollHeight
  }

  #say(word) {
    this.querySelector("[data-status]").textContent = this.querySelector("template[data-words]").content.querySelector(`[data-word="${word}"]`).textContent
  }
}

customElements.define("side-by-side", SideBySide)
