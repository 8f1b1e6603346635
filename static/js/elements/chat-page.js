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
import { act } from "lib/chat-keyboard"
import { CHAT_KEYS } from "lib/chat-keys"
import { printKeys } from "lib/keys"
import { MadePanel } from "lib/made-panel"
import { send } from "lib/sending"
import { TalkList } from "lib/talk-list"
import { TalkStatus } from "lib/talk-status"
import { copyAnswer, startEdit } from "lib/turn-tools"

class ChatPage extends HTMLElement {
  #chosen = null

  connectedCallback() {
    this.talk = this.querySelector("chat-talk")
    const form = this.querySelector("form.composer")
    this.composer = form && new ChatComposer(form, { name: this.dataset.conversation, csrf: this.dataset.csrf })
    this.made = new MadePanel(this)
    this.status = new TalkStatus(this)
    this.list = new TalkList(this.querySelector(".chat__list"), this.dataset)
    for (const name of ["click", "submit", "focusin", "chat:send", "chat:stop", "chat:edit-last"]) this.addEventListener(name, this.#act)
    for (const name of ["talk:changed", "talk:state", "talk:refused", "talk:linked"]) this.addEventListener(name, this.#onTalk)
    document.addEventListener("keydown", this.#onKey)
    printKeys(this, CHAT_KEYS)
    this.composer?.focus()
    this.composer?.follow({ isRunning: this.talk.isRunning, isTaken: true })
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
    else if (event.type === "chat:edit-last") startEdit(this.talk.last)
    else if (event.type === "submit") this.#onSubmit(event, article)
    else if (event.type === "click") this.#onClick(event, on, article)
  }

  #onClick(event, on, article) {
    if (on("[data-copy]")) copyAnswer(article, on("[data-copy]"))
    else if (on("[data-cancel]")) this.endEdit(article)
    else if (on("[data-show-keys]")) this.showKeys()
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
    article?.classList.add("is-chosen")
    this.talk.turns.toggleAttribute("data-chosen", Boolean(article))
    if (article) this.made.follow(article)
  }

  #edit(article, form) {
    const message = form.elements.message.value
    if (!message.trim()) return
    this.talk.edit(article, message)
    this.composer?.focus()
  }

  endEdit(article) {
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

  // What the talk says

  #onTalk = ({ type, detail }) => {
    if (type === "talk:state") return this.status.sayConnection(detail)
    if (type === "talk:refused") return this.composer?.refuse(detail)
    if (type === "talk:linked") return this.made.refresh(detail.turn)
    const isRunning = this.talk.isRunning
    if (detail.asked) this.#choose(null)
    this.status.sayAnswer(isRunning, detail.ended)
    this.composer?.follow({ isRunning, isTaken: this.talk.isTaken })
    this.talk.turns.setAttribute("aria-busy", String(isRunning))
    this.talk.turns.toggleAttribute("data-answered", this.talk.isAnswered)
    printKeys(this.talk, CHAT_KEYS)
    if (detail.ended) this.list.refresh()
    this.made.follow(this.chosen)
  }

  // What keys ask for: lib/chat-keyboard

  #onKey = (event) => act(this, event)

  move(by) {
    const articles = [...this.talk.querySelectorAll("article")]
    const article = articles[articles.indexOf(this.chosen) + by]
    if (!article) return false
    this.#choose(article)
    article.scrollIntoView({ block: "nearest" })
    return true
  }

  async showKeys() {
    const { showKeySheet } = await import("elements/key-sheet")
    showKeySheet(this.querySelector("[data-keys]"), () => printKeys(this, CHAT_KEYS), CHAT_KEYS)
  }
}

customElements.define("chat-page", ChatPage)
