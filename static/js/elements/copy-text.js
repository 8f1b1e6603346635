/** <copy-text>: a field and a button that copies it. Where the clipboard can't be used, the button stays hidden. */
class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button")
    if (!navigator.clipboard || !button) return
    button.hidden = false
    button.addEventListener("click", () => this.#copy(button))
  }

  async #copy(button) {
    const field = this.querySelector("input")
    field.select()
    await navigator.clipboard.writeText(field.value)
    button.querySelector("span").textContent = button.dataset.copied
  }
}

customElements.define("copy-text", CopyText)
