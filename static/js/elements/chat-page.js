/**
 * <chat-page data-csrf="…">: the talk, the box to write in, the keys, and what stands at both sides.
 *
 * Keys act on the chosen answer: the one touched last, or else the newest.
 */

import "elements/chat-talk"
import "elements/judging-panel"
import "elements/open-menus"
import "elements/trace-conversation"
import { ChatComposer } from "lib/chat-composer"
import { CHAT_KEYS } from "lib/chat-keys"
import { actionOf, printKeys } from "lib/keys"
import { MadePanel } from "lib/made-panel"
import { send, wordsIn } from "lib/sending"
import { TalkList } from "lib/talk-list"
import { word } from "lib/words"

class ChatPage extends HTMLElement {
  #chosen = null

  connectedCallback() {
    this.talk = this.querySelector("chat-talk")
    const form = this.querySelector("form.composer")
    this.composer = form && new ChatComposer(form, { name: this.dataset.conversation, csrf: this.dataset.csrf })
    this.made = new MadePanel(this)
    this.list = new TalkList(this.querySelector(".chat__list"), this.dataset)
    for (const name of ["click", "submit", "focusin", "chat:send", "chat:stop"]) this.addEventListener(name, this.#act)
    for (const name of ["talk:changed", "talk:state", "talk:refused"]) this.addEventListener(name, this.#onTalk)
    document.addEventListener("keydown", this.#onKey)
    printKeys(this, CHAT_KEYS)
    this.composer?.focus()
    if (this.composer) this.composer.running = this.talk.isRunning
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey)
  }

  get chosen() {
    return this.#chosen?.isConnected ? this.#chosen : this.talk.last
  }

  // What is clicked, sent and touched

  #act = (event) => {
    const on = (selector) => event.target.closest(selector)
    const article = on("article.turn")
    if (article && event.type !== "submit") this.#choose(article)
    if (event.type === "chat:send") this.talk.ask(event.detail.message, event.detail.images)
    else if (event.type === "chat:stop") this.talk.stop()
    else if (event.type === "submit") this.#onSubmit(event, article)
    else if (event.type === "click") this.#onClick(event, on, article)
  }

  #onClick(event, on, article) {
    if (on("[data-copy]")) this.#copy(article, on("[data-copy]"))
    else if (on("[data-cancel]")) this.#endEdit(article)
    else if (on("[data-show-keys]")) this.#showKeys()
    else if (on("[data-retry]")) this.#retry(article)
    else if (on("[data-edit] > summary")) setTimeout(() => startEdit(article))
    else if (on("[data-toggle-made]")) event.preventDefault(), this.made.toggle(this.chosen)
    else if (on("[data-close-made]")) event.preventDefault(), this.made.close()
    else if (on("a[data-made]")) event.preventDefault(), this.made.open(article)
  }

  #onSubmit(event, article) {
    const form = event.target
    const did = () => event.preventDefault()
    if (form.matches("[data-again]")) did(), this.talk.again(article)
    else if (form.matches(".rewrite__form")) did(), this.#edit(article, form)
    else if (form.matches(".versions")) did(), this.#show(article, event.submitter)
    else if (form.matches("[data-suggestions]")) did(), this.talk.ask(event.submitter.value, [])
  }

  #choose(article) {
    if (article === this.#chosen) return
    this.#chosen?.classList.remove("is-chosen")
    this.#chosen = article
    article.classList.add("is-chosen")
    this.made.follow(article)
  }

  #edit(article, form) {
    const message = form.elements.message.value
    if (!message.trim()) return
    this.talk.edit(article, message)
    this.composer?.focus()
  }

  #endEdit(article) {
    article.querySelector("[data-edit]").open = false
    this.composer?.focus()
  }

  async #show(article, button) {
    const response = await send(button.getAttribute("formaction"), new FormData())
    if (!response?.ok) return
    const kept = this.talk.replace(await response.text(), article)
    const same = kept?.querySelector(`[data-version="${button.dataset.version}"]:enabled`)
    same?.focus({ preventScroll: true })
  }

  async #copy(article, button) {
    await navigator.clipboard.writeText(article.querySelector("template[data-answer]").content.textContent)
    const words = button.querySelector("span")
    words.textContent = word("copied")
    setTimeout(() => (words.textContent = word("copy")), 1600)
  }

  #retry(article) {
    const { turn } = article.dataset
    article.querySelector(".ended")?.remove()
    article.setAttribute("aria-busy", "true")
    this.talk.retry(turn)
    this.#onTalk({ type: "talk:changed", detail: {} })
  }

  // What the talk says

  #onTalk = ({ type, detail }) => {
    if (type === "talk:state") return this.#sayState(detail)
    if (type === "talk:refused") return this.#onRefused(detail)
    const isRunning = this.talk.isRunning
    if (detail.ended) this.#say(word(detail.ended === "complete" ? "complete" : detail.ended === "stopped" ? "stopped" : "ended"))
    else if (isRunning) this.#say(word("answering"))
    if (this.composer) this.composer.running = isRunning
    this.talk.turns.setAttribute("aria-busy", String(isRunning))
    printKeys(this.talk, CHAT_KEYS)
    if (detail.ended) this.list.refresh()
    this.made.follow(this.chosen)
  }

  #sayState(state) {
    const line = this.querySelector("[data-connection]")
    if (!line) return
    line.hidden = state === "open"
    if (state !== "open") line.textContent = word(state)
  }

  /** It was not taken: it stays where it is, with its words and a way to try again. */
  #onRefused({ turn, message }) {
    const article = turn && document.getElementById(`turn-${turn}`)
    if (!article || article.dataset.state !== "sending") return this.composer?.refuse(message)
    article.removeAttribute("aria-busy")
    const note = Object.assign(document.createElement("div"), { className: "ended ended--failed" })
    const [words, button] = ["p", "button"].map((name) => document.createElement(name))
    words.textContent = `${word("not-sent")} ${message}`
    Object.assign(button, { type: "button", className: "button button--small", textContent: word("retry") })
    button.dataset.retry = ""
    note.setAttribute("role", "alert")
    note.append(words, button)
    article.querySelector("[data-body]").after(note)
    this.#onTalk({ type: "talk:changed", detail: {} })
  }

  #say(words) {
    const status = this.querySelector("[data-status]")
    if (status.textContent !== words) status.textContent = words
  }

  // Keys

  #onKey = (event) => {
    if (event.defaultPrevented || event.repeat || this.querySelector("dialog[open]")) return
    const action = actionOf(event, CHAT_KEYS)
    if (action && this.#do(action.name, event)) event.preventDefault()
  }

  /** Do what a key asks for; true when it was something. */
  #do(name, event) {
    const form = event.target.closest?.(".rewrite__form")
    if (form && name === "submit") return form.requestSubmit(), true
    if (form && name === "escape") return this.#endEdit(form.closest("article")), true
    if (name === "escape") return this.#escape()
    if (name === "keys") return this.#showKeys(), true
    if (name === "search") return this.list.search(), true
    if (name === "made") return this.made.toggle(this.chosen), true
    if (name === "new") return this.#press(this, "[data-new]:is(a), [data-new] button")
    if (name === "above" || name === "below") return this.#move(name === "above" ? -1 : 1)
    if (name === "enter" && event.target === document.body) return this.composer?.focus(), true
    if (name === "back" || name === "forward") return this.#press(this.chosen, `[data-version="${name === "back" ? "before" : "after"}"]:enabled`)
    if (name === "again") return this.#press(this.chosen, ".tools [data-again] button")
    return false
  }

  #press(within, selector) {
    const button = within?.querySelector(selector)
    button?.click()
    return Boolean(button)
  }

  #escape() {
    if (this.talk.isRunning) this.talk.stop()
    else if (this.classList.contains("chat--made")) this.made.close()
    else document.activeElement?.blur()
    return true
  }

  #move(by) {
    const articles = [...this.talk.querySelectorAll("article")]
    const article = articles[articles.indexOf(this.chosen) + by]
    if (!article) return false
    this.#choose(article)
    article.scrollIntoView({ block: "nearest" })
    return true
  }

  async #showKeys() {
    const { showKeySheet } = await import("elements/key-sheet")
    showKeySheet(this.querySelector("[data-keys]"), () => printKeys(this, CHAT_KEYS), CHAT_KEYS)
  }
}

function startEdit(article) {
  const field = article.querySelector("[data-edit] textarea")
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)
}

customElements.define("chat-page", ChatPage)
