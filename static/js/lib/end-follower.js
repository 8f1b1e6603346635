/** Keeps the end of the talk in view while somebody is near it; nowhere else is anybody moved. */

const NEAR_PX = 100
const ROOM_PX = 24 // below the end

export class EndFollower {
  #box
  #button
  isNear = true

  /**
   * @param {HTMLElement} box  that scrolls, with #turns in it
   * @param {HTMLButtonElement} button  "Jump to the end"
   */
  constructor(box, button) {
    this.#box = box
    this.#button = button
    box.addEventListener("scroll", this.settle, { passive: true })
    button.addEventListener("click", this.jump)
  }

  /** Something was added below: go there if the end was in view, and offer the way otherwise. */
  follow() {
    if (this.isNear) this.#box.scrollTop += this.#below("#turns", "bottom") + ROOM_PX
    else this.#button.hidden = false
  }

  jump = () => {
    this.isNear = true
    this.#button.hidden = true
    this.follow()
  }

  /** See where we are: whoever sees the last answer's end is there, whatever questions stand under it. */
  settle = () => {
    this.isNear = this.#below("#turns > article:last-of-type .answer__foot", "top") < NEAR_PX
    this.#button.hidden = this.isNear
  }

  /** How far below the visible part an edge of something is. */
  #below(selector, edge) {
    const found = this.#box.querySelector(selector)
    return found ? found.getBoundingClientRect()[edge] - this.#box.getBoundingClientRect().bottom : 0
  }
}
