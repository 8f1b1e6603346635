/**
 * <question-list>: the questions of one item.
 *
 * One question has the focus: number keys pick its answers. Questions that depend on another
 * come and go. Sends "answers:changed" when anything was answered or typed.
 */

import { drawQuotes } from "elements/quote-picker"
import { word } from "lib/words"

const PULSE_MS = 150

class QuestionList extends HTMLElement {
  #current = null

  connectedCallback() {
    this.addEventListener("change", this.#onChange)
    this.addEventListener("input", this.#onChange)
    this.addEventListener("click", this.#onClick)
    this.addEventListener("focusin", this.#onFocus)
    for (const question of this.#all()) drawQuotes(question)
    this.refresh()
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.#onChange)
    this.removeEventListener("input", this.#onChange)
    this.removeEventListener("click", this.#onClick)
    this.removeEventListener("focusin", this.#onFocus)
  }

  // Actions

  /** The question that has the focus. */
  get current() {
    return this.#current
  }

  /** Fit the page to the answers, however they came. */
  refresh() {
    this.#showAndHide()
    for (const ideal of this.querySelectorAll("[data-ideal]")) this.#showChanges(ideal)
    const wrong = this.#shown().find((question) => question.classList.contains("question--wrong"))
    this.#focus(wrong ?? this.#current ?? this.#shown()[0], { scroll: Boolean(wrong) })
  }

  /** Move the focus by `step` questions. */
  move(step) {
    const shown = this.#shown()
    document.activeElement?.blur?.()
    this.#focus(shown[shown.indexOf(this.#current) + step])
  }

  /** Pick the answer that `digit` is printed on; a second time takes it back. Returns whether there is one. */
  choose(digit) {
    const labels = [...(this.#current?.querySelectorAll(".option") ?? [])]
    const isScale = this.#current?.dataset.kind === "rating"
    const label = isScale ? labels.find((each) => each.firstElementChild.value === String(digit)) : labels[digit - 1]
    const input = label?.querySelector("input")
    if (!input) return false
    input.checked = !input.checked
    label.classList.add("is-pulsed")
    setTimeout(() => label.classList.remove("is-pulsed"), PULSE_MS)
    input.dispatchEvent(new Event("change", { bubbles: true }))
    if (input.type === "radio" && input.checked) this.#goOn()
    return true
  }

  /** Put the cursor into the question's text, if it has one. */
  write() {
    const text = this.#current?.querySelector("textarea, input[type=text]")
    text?.focus()
    return Boolean(text)
  }

  startIdeal() {
    const starts = this.#shown().map((question) => question.querySelector("[data-ideal-start]"))
    starts.find((button) => button && !button.hidden)?.click()
  }

  /** Say what is missing; true when nothing is. */
  check() {
    const missing = this.#shown().filter((question) => "required" in question.dataset && !isAnswered(question))
    for (const question of this.#all()) markWrong(question, missing.includes(question) ? word("needed") : "")
    this.#focus(missing[0])
    return missing.length === 0
  }

  // Private

  #all = () => [...this.querySelectorAll("[data-question]")]
  #shown = () => this.#all().filter((question) => !question.hidden)

  #focus(question, { scroll = true } = {}) {
    if (!question) return
    this.#current?.classList.remove("is-focused")
    this.#current = question
    question.classList.add("is-focused")
    if (scroll) question.scrollIntoView({ block: "nearest" })
  }

  /** After a choice the next question without an answer is up. */
  #goOn() {
    const shown = this.#shown()
    this.#focus(shown.slice(shown.indexOf(this.#current) + 1).find((question) => !isAnswered(question)))
  }

  #onFocus = (event) => {
    this.#focus(event.target.closest("[data-question]"), { scroll: false })
  }

  #onChange = (event) => {
    const question = event.target.closest("[data-question]")
    this.#showAndHide()
    if (question && isAnswered(question)) markWrong(question, tooLong(event.target))
    const ideal = event.target.closest("[data-ideal]")
    if (ideal) this.#showChanges(ideal)
    this.dispatchEvent(new CustomEvent("answers:changed", { bubbles: true }))
  }

  #onClick = (event) => {
    const ideal = event.target.closest("[data-ideal-start]")?.closest("[data-ideal]")
    if (!ideal) return
    const text = ideal.querySelector("textarea")
    text.value = this.#answer
    text.focus()
    text.setSelectionRange(0, 0)
    text.dispatchEvent(new Event("input", { bubbles: true }))
  }

  #showAndHide() {
    for (const question of this.#all()) {
      if (!question.dataset.whenQuestion) continue
      const other = this.querySelector(`[data-question="${question.dataset.whenQuestion}"]`)
      const values = JSON.parse(question.dataset.whenValues)
      const chosen = [...(other?.querySelectorAll("input:checked") ?? [])].map((input) => input.value)
      question.hidden = !other || other.hidden || !chosen.some((value) => values.includes(value))
    }
    for (const [place, question] of this.#shown().entries()) question.querySelector(".question__number").textContent = place + 1
  }

  /** The answer that was given, to start from. */
  get #answer() {
    return this.closest("[data-review], [data-turn]")?.querySelector("template[data-answer]")?.content.textContent.trim() ?? ""
  }

  async #showChanges(ideal) {
    const text = ideal.querySelector("textarea").value
    const box = ideal.querySelector("[data-ideal-changes]")
    ideal.querySelector("[data-ideal-start]").hidden = !this.#answer || text !== ""
    box.hidden = !this.#answer || !text || text === this.#answer
    if (box.hidden) return
    const { drawChanges } = await import("lib/diff")
    drawChanges(ideal.querySelector("[data-ideal-diff]"), this.#answer, text)
  }
}

function isAnswered(question) {
  const fields = [...question.querySelectorAll("[name^=answer-]")]
  return fields.some((field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value.trim() !== ""))
}

function markWrong(question, why) {
  question.classList.toggle("question--wrong", why !== "")
  question.querySelector("[data-errors]").replaceChildren(...(why ? [element("li", why)] : []))
}

function tooLong(field) {
  const over = field.dataset.most ? field.value.length - Number(field.dataset.most) : 0
  return over > 0 ? word("too-long", over) : ""
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text })
}

customElements.define("question-list", QuestionList)
