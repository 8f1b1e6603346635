/** Keeps the end of a scrolled box in view while somebody is near it; nowhere else is anybody moved. */

const NEAR_PX = 100

export class EndFollower {
  #box
  #button
  isNear = true

  /**
   * @param {HTMLElement} box  that scrolls
   * @param {HTMLButtonElement} button  "Jump to the end"
   */
  constructor(box, button) {
    this.#box = box
    this.#button = button
    box.addEventListener("scroll", this.#onScroll, { passive: true })
    button.addEventListener("click", this.jump)
  }

  /** Something was added below: go there if the end was in view, and offer the way otherwise. */
  follow() {
    if (this.isNear) this.#box.scrollTop = this.#box.scrollHeight
    else this.#button.hidden = false
  }

  /** Something below was replaced by what is as high or higher: nothing moves. */
  settle() {
    this.#onScroll()
  }

  jump = () => {
    this.isNear = true
    this.#button.hidden = true
    this.#box.scrollTop = this.#box.scrollHeight
  }

  #onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = this.#box
    this.isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX
    this.#button.hidden = this.isNear
  }
}
