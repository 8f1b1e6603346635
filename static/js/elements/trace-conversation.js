// <trace-conversation data-copy="Copy" data-copied="Copied">: copy buttons on code, and the rest of what is very long.

const COPIED_MS = 1600

class TraceConversation extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#act)
    this.addCopyButtons()
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#act)
  }

  // Actions

  addCopyButtons() {
    this.querySelectorAll(".code").forEach((block) => this.#addCopyButton(block))
  }

  #act = (event) => {
    const copy = event.target.closest(".code__copy")
    if (copy) return this.#copy(copy)
    const rest = event.target.closest("a[data-rest]")
    if (rest && !event.metaKey && !event.ctrlKey) {
      event.preventDefault()
      this.#load(rest)
    }
  }

  async #copy(button) {
    await navigator.clipboard.writeText(button.closest(".code").querySelector("pre").innerText)
    button.textContent = this.dataset.copied
    setTimeout(() => (button.textContent = this.dataset.copy), COPIED_MS)
  }

  async #load(link) {
    link.setAttribute("aria-busy", "true")
    const address = new URL(link.href)
    address.searchParams.set("from", link.dataset.rest)
    const response = await fetch(address)
    if (!response.ok) return link.removeAttribute("aria-busy")
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const rest = page.querySelector("[data-more]")
    const { anchorSpan, anchorField } = link.closest(".more").previousElementSibling.dataset
    if (anchorSpan) rest.querySelectorAll(":scope > .prose").forEach((text) => Object.assign(text.dataset, { anchorSpan, anchorField }))
    rest.querySelectorAll(".code").forEach((block) => this.#addCopyButton(block))
    link.closest(".more").replaceWith(...rest.childNodes)
  }

  // Private

  #addCopyButton(block) {
    if (block.querySelector(".code__copy")) return
    const button = document.createElement("button")
    button.type = "button"
    button.className = "code__copy"
    button.textContent = this.dataset.copy
    block.append(button)
  }
}

customElements.define("trace-conversation", TraceConversation)
