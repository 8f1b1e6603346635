/**
 * <chat-talk data-socket="/ws/chat/<id>/" data-turns="…">: the transcript, and the answers while they come.
 *
 * Says `talk:changed` (a turn was asked, began or, with its state as detail.ended, ended), `talk:state` (detail:
 * of the socket) and `talk:refused` (detail: {message, asked}).
 */

import { AnswerStream } from "lib/answer-stream"
import { AskedTurns } from "lib/asked-turns"
import { ChatSocket } from "lib/chat-socket"
import { EndFollower } from "lib/end-follower"
import { send } from "lib/sending"
import { articleIn, newArticle, put } from "lib/turn-articles"

class ChatTalk extends HTMLElement {
  #socket = null
  #streams = new Map() // by the id of the turn
  #asked = null

  connectedCallback() {
    this.end = new EndFollower(this, this.parentElement.querySelector("[data-to-end]"))
    this.#socket = new ChatSocket(this.dataset.socket)
    this.#socket.addEventListener("open", (event) => this.#onOpen(event.detail.again))
    this.#socket.addEventListener("heard", (event) => this.#onHeard(event.detail))
    this.#socket.addEventListener("state", (event) => this.#say("talk:state", event.detail))
    this.#asked = new AskedTurns(this.#socket, this.dataset.ask, (turn, message) => this.#onRefused(turn, message))
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

  /** Whether the server has all that was asked. */
  get isTaken() {
    return this.#asked.isEmpty
  }

  /** @param {{url: string, file: File}[]} images */
  ask(message, images) {
    const parent = this.last?.dataset.turn ?? null
    const article = newArticle(message, images.map((image) => image.url))
    this.#ask({ op: "ask", parent, message, files: images.map((image) => image.file) }, article, parent)
  }

  again(article) {
    const message = article.querySelector("[data-message]").cloneNode(true)
    this.#ask({ op: "again", of: article.dataset.turn }, newArticle(message), article.dataset.parent)
  }

  edit(article, message) {
    this.#ask({ op: "edit", of: article.dataset.turn, message }, newArticle(message), article.dataset.parent)
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

  #ask(asked, article, parent) {
    const turn = crypto.randomUUID()
    Object.assign(article, { id: `turn-${turn}` })
    Object.assign(article.dataset, { turn, parent: parent ?? "" })
    put(this.turns, article)
    this.end.jump()
    this.#asked.ask({ ...asked, turn })
    this.#say("talk:changed", { asked: true })
  }

  /** The server did not take it: the talk is as it was, and the words go back to where they were written. */
  async #onRefused(turn, message) {
    const asked = this.#asked.forget(turn)
    if (asked) await this.#catchUp()
    this.#say("talk:changed", {})
    this.#say("talk:refused", { message, asked })
  }

  async #onOpen(again) {
    if (again) await this.#catchUp()
    this.#watchAll()
    this.#asked.askAgain()
  }

  /** What was asked elsewhere while we were away was not heard. */
  async #catchUp() {
    if (!this.#asked.isEmpty) return
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
    else if (message.op === "error") this.#onRefused(message.turn, message.message)
  }

  #onTurn({ turn, html }) {
    this.#asked.forget(turn)
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
