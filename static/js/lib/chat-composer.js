/**
 * The form where messages are written. Enter sends; while an answer runs, one message may wait as "next".
 *
 * Says `chat:send` (detail: {message, images}) and `chat:stop`; is told whether an answer runs by `running`.
 */

import { KeptDraft } from "lib/kept-draft"
import { PickedImages } from "lib/picked-images"
import { word } from "lib/words"

const hasKeyboard = matchMedia("(hover: hover) or (pointer: fine)") // on a phone Enter is a new line
const growsByItself = CSS.supports("field-sizing", "content")

export class ChatComposer {
  #form
  #text
  #images
  #draft
  #next = null
  #isRunning = false

  constructor(form, { name, csrf }) {
    this.#form = form
    this.#text = form.elements.message
    this.#images = new PickedImages(this.#part("images"), (words) => this.refuse(words))
    this.#draft = new KeptDraft({ name, url: form.dataset.draftUrl, csrf }, (state) => this.#sayKept(state))
    form.addEventListener("submit", this.#onSubmit)
    form.addEventListener("keydown", this.#onKey)
    this.#text.addEventListener("input", this.#onInput)
    this.#text.addEventListener("paste", this.#onPaste)
    for (const name of ["dragover", "dragleave", "drop"]) form.addEventListener(name, this.#onDrag)
    form.elements.images?.addEventListener("change", (event) => this.#onFiles(event.target))
    this.#part("stop").addEventListener("click", () => this.#say("chat:stop"))
    this.#part("next-back").addEventListener("click", () => this.takeNextBack())
    const recovered = this.#draft.recovered()
    if (recovered !== null && recovered !== this.#text.value) this.write(recovered)
    this.#onDrawn()
  }

  // Actions

  get isEmpty() {
    return !this.#text.value
  }

  focus() {
    this.#text.focus()
  }

  /** Put a text into the box, as if it were typed. */
  write(text, images = []) {
    this.#text.value = text
    if (images.length) this.#images.put(images)
    this.#keep()
    this.#onDrawn()
  }

  set running(isRunning) {
    const hasEnded = this.#isRunning && !isRunning
    this.#isRunning = isRunning
    this.#form.toggleAttribute("data-running", isRunning)
    this.#onDrawn()
    if (hasEnded && this.#next) this.#sendNext()
  }

  /** What waits goes back into the box, in front of what stands there. */
  takeNextBack() {
    if (!this.#next) return
    const { message, images } = this.#next
    this.#next = null
    this.write([message, this.#text.value].filter(Boolean).join("\n"), images)
    this.#text.focus()
  }

  refuse(words) {
    const place = this.#part("refusal")
    place.textContent = words
    place.className = "refused"
    place.setAttribute("role", "alert")
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
    if (!message.trim() && !images.length) return
    if (this.#isRunning && this.#next) return // one waits already
    this.refuse("")
    this.#images.put([])
    this.#text.value = ""
    if (this.#isRunning) this.#next = { message, images }
    else this.#say("chat:send", { message, images })
    this.#keep()
    this.#onDrawn()
  }

  #sendNext() {
    const next = this.#next
    this.#next = null
    this.#keep()
    this.#onDrawn()
    this.#say("chat:send", next)
  }

  #onKey = (event) => {
    const isEnter = event.key === "Enter" && event.target === this.#text && !event.isComposing && event.keyCode !== 229
    const isAlways = event.ctrlKey || event.metaKey
    if (!isEnter || event.shiftKey || event.altKey || (!isAlways && !hasKeyboard.matches)) return
    event.preventDefault()
    event.stopPropagation()
    this.#form.requestSubmit()
  }

  #onInput = () => {
    this.#keep()
    this.#onDrawn()
  }

  #onPaste = (event) => {
    const files = [...event.clipboardData.files]
    if (!files.length || !this.#form.elements.images) return
    event.preventDefault()
    this.#images.add(files)
  }

  #onDrag = (event) => {
    if (!this.#form.elements.images || !event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    this.#form.classList.toggle("is-over", event.type === "dragover")
    if (event.type === "drop") this.#images.add(event.dataTransfer.files)
  }

  #onFiles(input) {
    this.#images.add([...input.files])
    input.value = ""
  }

  /** What waits as "next" is not sent yet either. */
  #keep() {
    const text = [this.#next?.message, this.#text.value].filter(Boolean).join("\n")
    if (text) this.#draft.keep(text)
    else this.#draft.sent()
  }

  #onDrawn() {
    if (!growsByItself) fitHeight(this.#text)
    const waits = Boolean(this.#next)
    this.#part("stop").hidden = !this.#isRunning
    this.#part("send").hidden = this.#isRunning && (waits || this.isEmpty)
    this.#part("send-label").textContent = word(this.#isRunning ? "send-next" : "send")
    this.#part("next").hidden = !waits
    this.#part("next-text").textContent = this.#next?.message ?? ""
  }

  #sayKept(state) {
    this.#part("kept").textContent = state ? word(state) : ""
  }
}

function fitHeight(field) {
  field.style.blockSize = "auto"
  field.style.blockSize = `${field.scrollHeight}px`
}
