/** The images that go with a message: chosen, pasted or dropped; shown small, kept as data: addresses. */

import { word } from "lib/words"

const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"]
const MAX_BYTES = 5 * 1024 * 1024
const MOST = 5

export class PickedImages {
  #form
  #place
  #say
  #images = [] // {url, file}

  /**
   * @param {HTMLFormElement} form  with a field `images`
   * @param {HTMLElement} place  for the small pictures
   * @param {(words: string) => void} say  tells why one was not taken
   */
  constructor(form, place, say) {
    this.#form = form
    this.#place = place
    this.#say = say
    if (!form.elements.images) return // this application takes none
    form.addEventListener("paste", this.#onPaste)
    for (const name of ["dragover", "dragleave", "drop"]) form.addEventListener(name, this.#onDrag)
    form.elements.images.addEventListener("change", (event) => this.#onChosen(event.target))
  }

  /** @returns {{url: string, file: File}[]} */
  get all() {
    return this.#images
  }

  /** @param {Iterable<File>} files */
  async add(files) {
    const refusals = []
    for (const file of files) {
      if (!TYPES.includes(file.type)) refusals.push(word("no-image", file.name))
      else if (file.size > MAX_BYTES) refusals.push(word("too-large", file.name))
      else if (this.#images.length >= MOST) refusals.push(word("too-many", MOST))
      else this.#images.push({ file, url: await addressOf(file) })
    }
    this.#say(refusals.join(" "))
    this.#draw()
  }

  put(images) {
    this.#images = images
    this.#draw()
  }

  #onPaste = (event) => {
    const files = [...event.clipboardData.files]
    if (!files.length) return
    event.preventDefault()
    this.add(files)
  }

  #onDrag = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    this.#form.classList.toggle("is-over", event.type === "dragover")
    if (event.type === "drop") this.add(event.dataTransfer.files)
  }

  #onChosen(input) {
    this.add([...input.files])
    input.value = ""
  }

  #draw() {
    this.#place.hidden = !this.#images.length
    this.#place.replaceChildren(...this.#images.map((image) => this.#thumbnail(image)))
  }

  #thumbnail(image) {
    const [figure, picture, remove] = ["div", "img", "button"].map((name) => document.createElement(name))
    figure.className = "composer__image"
    Object.assign(picture, { src: image.url, alt: image.file.name })
    Object.assign(remove, { type: "button", textContent: "×", ariaLabel: `${word("remove")} ${image.file.name}`.trim() })
    remove.onclick = () => {
      this.#images = this.#images.filter((each) => each !== image)
      this.#draw()
    }
    figure.append(picture, remove)
    return figure
  }
}

function addressOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
