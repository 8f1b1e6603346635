/**
 * The form where messages are written. Enter sends; while an answer runs, one message may wait as "next".
 *
 * Says `chat:send` (detail: {message, images}), `chat:stop` and `chat:edit-last`; `follow` tells it how the talk stands.
 */

import { KeptDraft } from "lib/kept-draft"
import { PickedImages } from "lib/picked-images"
import { word } from "lib/words"
import { fitHeight, isOfInputMethod, sends } from "lib/writing"

export class ChatComposer {
  #form
  #text
  #images
  #draft
  #sent = "" // and not yet taken by the server
  #next = null
  #isRunning = false

  constructor(form, { name, csrf }) {
    this.#form = form
    this.#text = form.elements.message
    this.#images = new PickedImages(form, this.#part("images"), (words) => this.#sayRefusal(words))
    this.#draft = new KeptDraft({ name, url: form.dataset.draftUrl, csrf, saved: this.#text.defaultValue }, (state) => this.#sayKept(state))
    form.addEventListener("submit", this.#onSubmit)
    form.addEventListener("keydown", this.#onKey)
    this.#text.addEventListener("input", this.#onChange)
    this.#part("stop").addEventListener("click", () => this.#say("chat:stop"))
    this.#part("next-back").addEventListener("click", () => this.#takeNextBack())
    const recovered = this.#draft.recovered()
    if (recovered && recovered !== this.#text.value) this.#write(recovered)
    else this.#onChange() // something may have been typed before this script was here
  }

  focus() {
    this.#text.focus()
  }

  /** @param {{isRunning: boolean, isTaken: boolean}} talk  whether the server has all that was sent */
  follow({ isRunning, isTaken }) {
    const hasEnded = this.#isRunning && !isRunning
    this.#isRunning = isRunning
    if (this.#sent && isTaken) {
      this.#sent = ""
      this.#keep()
    }
    if (hasEnded && this.#next) this.#sendNext()
    else this.#draw()
  }

  /** The server did not take it: its words come back, with the reason. */
  refuse({ message, asked }) {
    this.#sent = ""
    if (asked?.message) this.#putBack(asked.message)
    this.#sayRefusal(message)
  }

  // Private

  #part(name) {
    return this.#form.querySelector(`[data-${name}]`)
  }

  #say(name, detail) {
    this.#form.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }))
  }

  #onSubmit = (event) => {
    event.preventDefault()
    const message = this.#text.value
    const images = this.#images.all
    const isWaiting = this.#isRunning && this.#next // one is enough
    if (isWaiting || (!message.trim() && !images.length)) return
    this.#sayRefusal("")
    this.#images.put([])
    this.#text.value = ""
    if (this.#isRunning) this.#next = { message, images }
    else this.#send({ message, images })
    this.#onChange()
  }

  #send(what) {
    this.#sent = what.message
    this.#say("chat:send", what)
  }

  #sendNext() {
    const next = this.#next
    this.#next = null
    this.#send(next)
    this.#onChange()
  }

  #takeNextBack() {
    const { message, images } = this.#next
    this.#next = null
    this.#images.put(images)
    this.#putBack(message)
  }

  /** In front of what has been written since. */
  #putBack(message) {
    this.#write([message, this.#text.value].filter(Boolean).join("\n"))
    this.focus()
  }

  #write(text) {
    this.#text.value = text
    this.#onChange()
  }

  #onKey = (event) => {
    if (event.target !== this.#text || isOfInputMethod(event)) return
    if (event.key === "ArrowUp" && !this.#text.value) this.#say("chat:edit-last")
    else if (sends(event)) this.#form.requestSubmit()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  #onChange = () => {
    this.#keep()
    this.#draw()
  }

  /** What waits, or is on its way, is not safe yet either. */
  #keep() {
    this.#draft.keep([this.#sent, this.#next?.message, this.#text.value].filter(Boolean).join("\n"))
  }

  #draw() {
    const waits = Boolean(this.#next)
    fitHeight(this.#text)
    this.#form.toggleAttribute("data-running", this.#isRunning)
    this.#part("stop").hidden = !this.#isRunning
    this.#part("send").hidden = this.#isRunning && (waits || !this.#text.value)
    this.#part("send-label").textContent = word(this.#isRunning ? "send-next" : "send")
    this.#part("next").hidden = !waits
    this.#part("next-text").textContent = this.#next?.message ?? ""
  }

  #sayKept(state) {
    this.#part("kept").textContent = state ? word(state) : ""
  }

  #sayRefusal(words) {
    Object.assign(this.#part("refusal"), { textContent: words, className: "refused", role: "alert" })
  }
}
