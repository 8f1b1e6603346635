/** "Write a better answer": starts from the answer, shows what became of it, and loses nothing that was typed. */

import { drawChanges } from "lib/diff"

export class BetterAnswer {
  #box
  #key
  #say
  #isEmpty = false

  /**
   * @param {HTMLDetailsElement} box
   * @param {string} turn  its id
   * @param {(state: "unsaved"|"failed") => void} say
   */
  constructor(box, turn, say) {
    this.#box = box
    this.#key = `reviewapp.better.${turn}`
    this.#say = say
    this.#recover()
    if (box.open) this.#draw()
    else this.#empty()
    box.addEventListener("input", this.#onInput)
    box.addEventListener("toggle", this.#onToggle)
    box.addEventListener("htmx:beforeRequest", () => localStorage.removeItem(this.#key))
    for (const name of ["htmx:sendError", "htmx:responseError"]) box.addEventListener(name, this.#onFailed)
  }

  // Actions

  open() {
    this.#fill()
    this.#box.open = true
    this.#text.focus()
  }

  close() {
    this.#box.open = false
    this.#box.querySelector("summary").focus()
  }

  submit() {
    this.#box.querySelector("form").requestSubmit(this.#box.querySelector("form button:not([name])"))
  }

  // Private

  get #text() {
    return this.#box.querySelector("textarea")
  }

  get #original() {
    return this.#box.querySelector("template[data-original]")?.content.textContent ?? this.#text.defaultValue
  }

  #recover() {
    const kept = localStorage.getItem(this.#key)
    if (kept === null || kept === this.#text.value) return localStorage.removeItem(this.#key)
    this.#text.value = kept
    this.#box.open = true
    this.#say("unsaved")
  }

  #onToggle = () => {
    if (!this.#box.open) return
    this.#fill()
    this.#draw()
  }

  #onInput = () => {
    this.#keep()
    this.#say("unsaved")
    this.#draw()
  }

  /** The answer goes in when somebody opens this: browsers lay out a form's text where nobody sees it, too. */
  #empty() {
    this.#isEmpty = true
    this.#text.value = ""
  }

  #fill() {
    if (this.#isEmpty) this.#text.value = this.#text.defaultValue
    this.#isEmpty = false
  }

  #onFailed = () => {
    this.#keep()
    this.#say("failed")
  }

  #keep() {
    try {
      localStorage.setItem(this.#key, this.#text.value)
    } catch {
      // Full or forbidden storage: what is on the page has to do.
    }
  }

  #draw() {
    const changes = this.#box.querySelector("[data-changes]")
    changes.hidden = this.#text.value === this.#original
    if (!changes.hidden) drawChanges(changes.querySelector("[data-diff]"), this.#original, this.#text.value)
  }
}
