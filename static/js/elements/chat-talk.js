/**
 * <chat-talk data-socket="/ws/chat/<id>/" data-turns="…">: the transcript, and the answers while they come.
 *
 * Says `talk:changed` (an answer began or ended), `talk:state` (detail: of the socket) and `talk:refused`
 * (detail: {turn, message}). What was asked and not yet taken by the server is asked again after a
 * reconnect: the ids are made here, so that nothing is asked twice.
 */

import { AnswerStream } from "lib/answer-stream"
import { ChatSocket } from "lib/chat-socket"
import { EndFollower } from "lib/end-follower"
import { send, wordsIn } from "lib/sending"
import { articleIn, newArticle, put } from "lib/turn-articles"

class ChatTalk extends HTMLElement {
  #socket = null
  #streams = new Map() // by the id of the turn
  #asked = new Map() // what the server has not taken yet, by the id of the turn

  connectedCallback() {
    this.end = new EndFollower(this, this.parentElement.querySelector("[data-to-end]"))
    this.#socket = new ChatSocket(this.dataset.socket)
    this.#socket.addEventListener("open", (event) => this.#onOpen(event.detail.again))
    this.#socket.addEventListener("heard", (event) => this.#onHeard(event.detail))
    this.#socket.addEventListener("state", (event) => this.#say("talk:state", event.detail))
    this.#socket.open()
    if (!location.hash) this.end.jump()
  }

  disconnectedCallback() {
    this.#socket.close()
    for (const stream of this.#streams.values()) stream.stop()
  }

  // What the page asks for

  get turns() {
    return this.querySelector("#turns")
  }

  get isRunning() {
    return Boolean(this.turns.querySelector(":scope > [aria-busy=true]"))
  }

  get last() {
    return this.turns.querySelector(":scope > article:last-of-type")
  }

  /** @param {{url: string, file: File}[]} images */
  ask(message, images) {
    const parent = this.last?.dataset.turn ?? null
    const article = newArticle(message, images.map((image) => image.url))
    return this.#ask({ op: "ask", parent, message, files: images.map((image) => image.file) }, article, parent)
  }

  again(article) {
    const message = article.querySelector("[data-message]").cloneNode(true)
    return this.#ask({ op: "again", of: article.dataset.turn }, newArticle(message), article.dataset.parent)
  }

  edit(article, message) {
    return this.#ask({ op: "edit", of: article.dataset.turn, message }, newArticle(message), article.dataset.parent)
  }

  /** The server has not taken it: ask once more, under the same id. */
  retry(turn) {
    this.#submit(this.#asked.get(turn))
  }

  /** Give up asking; returns what had been asked. */
  forget(turn) {
    const asked = this.#asked.get(turn)
    this.#asked.delete(turn)
    return asked
  }

  stop() {
    for (const article of this.turns.querySelectorAll(":scope > [aria-busy=true]")) {
      this.#socket.send({ op: "stop", turn: article.dataset.turn })
    }
  }

  /** Draw another branch; `keep` stays where it is on the screen. */
  replace(html, keep) {
    const before = keep?.getBoundingClientRect().top
    const turns = new DOMParser().parseFromString(html, "text/html").querySelector("#turns")
    const number = [...this.turns.children].indexOf(keep)
    this.turns.replaceWith(document.importNode(turns, true))
    window.htmx?.process(this.turns)
    const kept = this.turns.children[number]
    if (kept) this.scrollTop += kept.getBoundingClientRect().top - before
    this.#watchAll()
    this.#say("talk:changed", {})
    return kept
  }

  // Private

  #ask(op, article, parent) {
    const turn = crypto.randomUUID()
    Object.assign(article, { id: `turn-${turn}` })
    Object.assign(article.dataset, { turn, parent: parent ?? "" })
    this.#asked.set(turn, { ...op, turn })
    put(this.turns, article)
    this.end.jump()
    this.#say("talk:changed", { turn })
    this.#submit(this.#asked.get(turn))
    return article
  }

  #submit(asked) {
    if (asked.files?.length) this.#post(asked)
    else this.#socket.send(asked)
  }

  /** Images are too large for a message on the socket. */
  async #post({ turn, parent, message, files }) {
    const body = new FormData()
    for (const [name, value] of Object.entries({ turn, parent: parent ?? "", message })) body.set(name, value)
    for (const file of files) body.append("images", file)
    const response = await send(this.dataset.ask, body)
    if (response && !response.ok) this.#say("talk:refused", { turn, message: wordsIn(await response.text()) })
  }

  async #onOpen(again) {
    if (again) await this.#catchUp()
    this.#watchAll()
    for (const asked of this.#asked.values()) this.#submit(asked)
  }

  /** What was asked elsewhere while we were away was not heard. */
  async #catchUp() {
    if (this.#asked.size) return
    const response = await send(this.dataset.turns)
    if (!response?.ok) return
    const html = await response.text()
    const now = new DOMParser().parseFromString(html, "text/html").querySelector("#turns")
    const ids = (turns) => [...turns.children].map((each) => each.id).join()
    if (ids(now) !== ids(this.turns)) this.replace(html)
  }

  #watchAll() {
    for (const article of this.turns.querySelectorAll(":scope > [aria-busy=true]")) {
      if (article.dataset.state !== "sending") this.#watch(article)
    }
  }

  #watch(article) {
    const { turn } = article.dataset
    const known = this.#streams.get(turn)
    const stream = known?.isOf(article) ? known : new AnswerStream(article, () => this.end.follow())
    this.#streams.set(turn, stream)
    stream.draw()
    this.#socket.send({ op: "watch", turn, cursor: stream.cursor, blocks: stream.blocks })
  }

  #onHeard(message) {
    if (message.op === "frame") this.#streams.get(message.turn)?.take(message)
    else if (message.op === "turn") this.#onTurn(message)
    else if (message.op === "ended") this.#onEnded(message)
    else if (message.op === "error") this.#say("talk:refused", message)
  }

  #onTurn({ turn, html }) {
    this.#asked.delete(turn)
    const article = put(this.turns, articleIn(html))
    if (!article) return this.#catchUp()
    this.end.follow()
    if (article.getAttribute("aria-busy")) this.#watch(article)
    this.#say("talk:changed", { turn })
  }

  #onEnded({ turn, html }) {
    this.#streams.get(turn)?.stop()
    this.#streams.delete(turn)
    if (!document.getElementById(`turn-${turn}`)) return
    const article = put(this.turns, articleIn(html))
    this.end.settle()
    this.#say("talk:changed", { turn, ended: article.dataset.state })
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }))
  }
}

customElements.define("chat-talk", ChatTalk)
