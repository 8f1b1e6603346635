/**
 * <chat-talk data-socket="/ws/chat/<id>/" data-turns="…">: the transcript, and the answers while they come.
 *
 * Says `talk:changed` (a turn was asked, began or, with its state as detail.ended, ended), `talk:state` (detail:
 * of the socket), `talk:linked` (more is known of how a turn was made) and `talk:refused` (detail: {message, asked}).
 */

import { AskedTurns } from "lib/asked-turns"
import { ChatSocket } from "lib/chat-socket"
import { stepsToEnd } from "lib/ended-turn"
import { EndFollower } from "lib/end-follower"
import { send } from "lib/sending"
import { articleIn, isOtherTalk, newArticle, put, replaceTurns } from "lib/turn-articles"
import { WatchedTurns } from "lib/watched-turns"

const LONGEST_PICTURE_MS = 100

class ChatTalk extends HTMLElement {
  #socket = null
  #asked = null
  #watched = null

  connectedCallback() {
    this.end = new EndFollower(this, this.parentElement.querySelector("[data-to-end]"))
    this.#socket = new ChatSocket(this.dataset.socket)
    this.#socket.addEventListener("open", (event) => this.#onOpen(event.detail.again))
    this.#socket.addEventListener("heard", (event) => this.#onHeard(event.detail))
    this.#socket.addEventListener("state", (event) => this.#say("talk:state", event.detail))
    this.#asked = new AskedTurns(this.#socket, this.dataset.ask, (turn, message) => this.#onRefused(turn, message))
    this.#watched = new WatchedTurns(this.#socket, () => this.end.follow())
    this.#socket.open()
    if (!location.hash) this.end.jump()
  }

  disconnectedCallback() {
    this.#socket.close()
    this.#watched.leaveAll()
  }

  // What the page asks for

  get turns() {
    return this.querySelector("#turns")
  }

  get isRunning() {
    return this.#running.length > 0
  }

  /** Whether anything was answered, to its end or not. */
  get isAnswered() {
    return Boolean(this.turns.querySelector(":scope > article:not([data-state=running], [data-state=sending])"))
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
    for (const article of this.#running) this.#watched.stop(article.dataset.turn)
  }

  /** Draw another branch; `keep` stays where it is on the screen. */
  replace(html, keep) {
    const kept = replaceTurns(this, html, keep)
    this.#watchAll()
    this.#say("talk:changed", {})
    return kept
  }

  // Private

  get #running() {
    return [...this.turns.querySelectorAll(":scope > [aria-busy=true]")]
  }

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
    if (isOtherTalk(this.turns, html)) this.replace(html)
  }

  #watchAll() {
    for (const article of this.#running) if (article.dataset.state !== "sending") this.#watched.watch(article)
  }

  #onHeard(message) {
    if (message.op === "frame") this.#watched.take(message)
    else if (message.op === "turn") this.#onTurn(message)
    else if (message.op === "ended") this.#onEnded(message)
    else if (message.op === "linked") this.#onLinked(message)
    else if (message.op === "error") this.#onRefused(message.turn, message.message)
  }

  #onTurn({ turn, html }) {
    this.#asked.forget(turn)
    const article = put(this.turns, articleIn(html))
    if (!article) return this.#catchUp()
    this.end.follow()
    if (article.getAttribute("aria-busy")) this.#watched.hear(article)
    this.#say("talk:changed", { turn })
  }

  /** In steps, one for each picture on the screen: a long answer must not hold up anything. */
  async #onEnded({ turn, html }) {
    this.#watched.leave(turn)
    const ended = articleIn(html)
    const { state } = ended.dataset
    await nextPicture()
    const shown = document.getElementById(ended.id)
    if (!shown) return
    const steps = stepsToEnd(shown, ended)
    if (!steps.length) put(this.turns, ended)
    for (const step of steps) step(), await nextPicture()
    this.end.settle()
    this.#say("talk:changed", { turn, ended: state })
  }

  /** The application's own trace has come: its steps and sources are counted, and may be looked at. */
  #onLinked({ turn, html }) {
    const shown = document.getElementById(`turn-${turn}`)?.querySelector(".answer__facts")
    if (!shown) return
    shown.replaceWith(articleIn(html).querySelector(".answer__facts"))
    this.#say("talk:linked", { turn })
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }))
  }
}

/** Where nobody looks none is drawn, and nothing waits for it. */
function nextPicture() {
  if (document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    requestAnimationFrame(resolve)
    setTimeout(resolve, LONGEST_PICTURE_MS)
  })
}

customElements.define("chat-talk", ChatTalk)
