/**
 * <drag-order data-form="id">: rows of a list that can be dragged into another order by their grip.
 *
 * Rows carry `data-id`, grips `data-grip`. After a drop the form `data-form` is sent with one field
 * `schema` per row, in the new order. Without scripts, and by keyboard, buttons move rows.
 */
class DragOrder extends HTMLElement {
  #dragged = null

  connectedCallback() {
    this.addEventListener("pointerdown", this)
    this.addEventListener("dragstart", this)
    this.addEventListener("dragover", this)
    this.addEventListener("drop", this)
    this.addEventListener("dragend", this)
  }

  disconnectedCallback() {
    for (const type of ["pointerdown", "dragstart", "dragover", "drop", "dragend"]) {
      this.removeEventListener(type, this)
    }
  }

  handleEvent(event) {
    this[`on_${event.type}`](event)
  }

  // Only the grip starts a drag, so that words in a row can still be selected.
  on_pointerdown(event) {
    const row = rowOf(event)
    if (row) row.draggable = Boolean(event.target.closest("[data-grip]"))
  }

  on_dragstart(event) {
    this.#dragged = rowOf(event)
    this.#dragged?.classList.add("is-dragged")
    event.dataTransfer.effectAllowed = "move"
  }

  on_dragover(event) {
    const row = rowOf(event)
    if (!this.#dragged) return
    event.preventDefault()
    if (!row || row === this.#dragged) return
    const box = row.getBoundingClientRect()
    const isBelow = event.clientY > box.top + box.height / 2
    row.parentNode.insertBefore(this.#dragged, isBelow ? row.nextSibling : row)
  }

  on_drop(event) {
    if (!this.#dragged) return
    event.preventDefault()
    const form = document.getElementById(this.dataset.form)
    for (const row of this.querySelectorAll("[data-id]")) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "schema", value: row.dataset.id })
      form.append(field)
    }
    form.requestSubmit()
  }

  on_dragend() {
    this.#dragged?.classList.remove("is-dragged")
    this.#dragged = null
  }
}

function rowOf(event) {
  return event.target.closest("[data-id]")
}

customElements.define("drag-order", DragOrder)
