/**
 * <trace-table>: rows that can be chosen. With Shift, all from the last one; J and K move, X chooses, Enter opens.
 *
 * What can be done with them shows as soon as one is chosen; without script it always does.
 */

class TraceTable extends HTMLElement {
  #last = -1
  #here = -1

  connectedCallback() {
    this.boxes = [...this.querySelectorAll("input[name=trace]")]
    this.all = this.querySelector("[data-pick-all]")
    this.matching = this.querySelector("[data-pick-matching]")
    this.bulk = this.querySelector("[data-bulk]")
    if (!this.bulk) return
    this.all.hidden = false
    this.addEventListener("click", this.#onClick)
    this.addEventListener("change", this.#onChange)
    document.addEventListener("keydown", this.#onKey)
    this.#count()
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey)
  }

  #onClick = (event) => {
    const place = this.boxes.indexOf(event.target)
    if (place < 0) return
    if (event.shiftKey && this.#last >= 0) this.#pickTo(place, event.target.checked)
    this.#last = place
    this.#count()
  }

  #onChange = (event) => {
    if (event.target === this.all) for (const box of this.boxes) box.checked = this.all.checked
    this.#count()
  }

  #pickTo(place, isChosen) {
    const [from, to] = [this.#last, place].sort((a, b) => a - b)
    for (const box of this.boxes.slice(from, to + 1)) box.checked = isChosen
  }

  #count() {
    const n = this.boxes.filter((box) => box.checked).length
    this.all.checked = n > 0 && n === this.boxes.length
    this.all.indeterminate = n > 0 && n < this.boxes.length
    this.bulk.hidden = n === 0 && !this.matching.checked
    const count = this.bulk.querySelector("[data-count]")
    count.textContent = count.dataset.count.replace("{n}", n)
  }

  #onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select")) return
    const deed = { j: () => this.#move(1), k: () => this.#move(-1), x: () => this.#pick(event), "/": focusFilter }[event.key.toLowerCase()]
    if (!deed) return
    event.preventDefault()
    deed()
  }

  #move(step) {
    const rows = [...this.querySelectorAll("[data-row]")]
    rows[this.#here]?.classList.remove("is-here")
    this.#here = Math.min(Math.max(this.#here + step, 0), rows.length - 1)
    rows[this.#here].classList.add("is-here")
    rows[this.#here].querySelector("a").focus({ preventScroll: true })
    rows[this.#here].scrollIntoView({ block: "nearest" })
  }

  #pick(event) {
    const place = Math.max(this.#here, 0)
    const box = this.boxes[place]
    box.checked = !box.checked
    if (event.shiftKey && this.#last >= 0) this.#pickTo(place, box.checked)
    this.#last = place
    this.#count()
  }
}

function focusFilter() {
  document.getElementById("filter").focus()
}

customElements.define("trace-table", TraceTable)
