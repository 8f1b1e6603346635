/**
 * <judging-panel>: what is said about an answer, or about the conversation.
 *
 * Good and Bad are saved by htmx on the click; answers and the comment save themselves. Keys act on the
 * panel of the answer that has the focus or was chosen, else of the last one, and never while somebody types.
 */

import "elements/question-list"
import "elements/quote-picker"
import { Autosave } from "lib/autosave"
import { BetterAnswer } from "lib/better-answer"
import { CHAT_KEYS } from "lib/chat-keys"
import { actionOf, printKeys } from "lib/keys"

class JudgingPanel extends HTMLElement {
  #saving = null
  #better = null

  connectedCallback() {
    const form = this.querySelector("form[data-autosave]")
    const box = this.querySelector("[data-better]")
    if (form) this.#saving = new Autosave(form, (state) => this.#say("[data-saved-state]", state), this.#showErrors)
    if (box) this.#better = new BetterAnswer(box, this.dataset.turnId, (state) => this.#say("[data-better-state]", state))
    this.addEventListener("htmx:confirm", this.#onConfirm)
    this.addEventListener("keydown", this.#onOwnKey)
    document.addEventListener("keydown", this.#onKey)
    printKeys(this, CHAT_KEYS)
  }

  disconnectedCallback() {
    this.#saving?.stop()
    this.removeEventListener("htmx:confirm", this.#onConfirm)
    this.removeEventListener("keydown", this.#onOwnKey)
    document.removeEventListener("keydown", this.#onKey)
  }

  // Private

  #say(place, state) {
    const said = this.querySelector(place)
    if (!said) return
    said.dataset.state = { unsaved: "saving", wrong: "failed" }[state] ?? state
    if (said.textContent !== this.dataset[state]) said.textContent = this.dataset[state]
  }

  /** What the server found wrong, without touching what is being typed. */
  #showErrors = (answer) => {
    for (const question of this.querySelectorAll("[data-question]")) {
      const errors = answer.getElementById(question.id)?.querySelector("[data-errors]").children ?? []
      question.classList.toggle("question--wrong", errors.length > 0)
      question.querySelector("[data-errors]").replaceChildren(...errors)
    }
    const errors = answer.querySelector("[data-comment-errors]")?.children ?? []
    this.querySelector("[data-comment-errors]")?.replaceChildren(...errors)
  }

  /** What is typed is saved before the panel is drawn anew. */
  #onConfirm = async (event) => {
    if (!this.#saving?.isBusy) return
    event.preventDefault()
    await this.#saving.flush()
    event.detail.issueRequest(true)
  }

  /** Keys that act while somebody writes here. */
  #onOwnKey = (event) => {
    const name = actionOf(event, CHAT_KEYS)?.name
    const isBetter = Boolean(event.target.closest("[data-better-form]"))
    if (name === "escape" && isBetter) this.#better.close()
    else if (name === "escape" && event.target.matches("textarea, input")) event.target.blur()
    else if (name === "submit" && isBetter) this.#better.submit()
    else return
    event.preventDefault()
  }

  #onKey = (event) => {
    if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]") || chosen() !== this) return
    const action = actionOf(event, CHAT_KEYS)
    if (action && this.#do(action)) event.preventDefault()
  }

  /** Do what a key asks for; true when it was something. */
  #do({ name, digit }) {
    const questions = this.querySelector("question-list")
    if (name === "good" || name === "bad") return this.#press(`[data-thumb="${name}"]`)
    if (name === "evidence") return Boolean(document.querySelector("quote-picker")?.take())
    if (name === "choose") return Boolean(questions?.choose(digit))
    if (name !== "better") return false
    if (this.#better) this.#better.open()
    else questions?.startIdeal()
    return true
  }

  #press(selector) {
    const button = this.querySelector(selector)
    button?.click()
    return Boolean(button)
  }
}

/** The panel that keys act on. */
function chosen() {
  const focused = document.activeElement?.closest(".turn, judging-panel")
  const near = focused?.matches("judging-panel") ? focused : focused?.querySelector("judging-panel")
  const all = [...document.querySelectorAll("judging-panel[data-turn-id]")]
  return near ?? document.querySelector(".turn.is-chosen judging-panel") ?? all.at(-1)
}

customElements.define("judging-panel", JudgingPanel)
