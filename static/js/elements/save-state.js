/**
 * <save-state data-form="id">: says whether what stands in a form is saved.
 *
 * It shows the child `[data-saved]` once the server has said `endpoint:saved`, and `[data-unsaved]` from
 * the first change on; and the browser asks before the page with an unsaved form is left.
 */
class SaveState extends HTMLElement {
  #isDirty = false

  connectedCallback() {
    document.addEventListener("input", this)
    document.addEventListener("change", this)
    document.addEventListener("submit", this)
    document.body.addEventListener("endpoint:saved", this)
    window.addEventListener("beforeunload", this)
  }

  disconnectedCallback() {
    document.removeEventListener("input", this)
    document.removeEventListener("change", this)
    document.removeEventListener("submit", this)
    document.body.removeEventListener("endpoint:saved", this)
    window.removeEventListener("beforeunload", this)
  }

  handleEvent(event) {
    if (event.type === "beforeunload") {
      if (this.#isDirty) event.preventDefault()
    } else if (event.type === "endpoint:saved") {
      this.#show(false)
    } else if (event.target.closest?.("form")?.id === this.dataset.form) {
      if (event.type === "submit") this.#isDirty = false
      else this.#show(true)
    }
  }

  #show(isDirty) {
    this.#isDirty = isDirty
    this.querySelector("[data-saved]").hidden = isDirty
    this.querySelector("[data-unsaved]").hidden = !isDirty
  }
}

customElements.define("save-state", SaveState)
