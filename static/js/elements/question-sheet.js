/** On small screens the questions are a sheet from below; its handle makes it larger and smaller. */

const SIZES = ["small", "middle", "large"]
const PULLED_PX = 24 // less is a tap

/** @param {HTMLElement} page */
export function makePullable(page) {
  let startY = null
  page.addEventListener("pointerdown", (event) => {
    startY = event.target.closest("[data-sheet]") ? event.clientY : null
  })
  page.addEventListener("pointerup", (event) => {
    if (startY === null) return
    const pulled = startY - event.clientY
    const panel = page.querySelector("form.panel")
    const place = SIZES.indexOf(panel.dataset.size ?? "middle")
    const step = Math.abs(pulled) < PULLED_PX ? (place === 2 ? -1 : 1) : Math.sign(pulled)
    panel.dataset.size = SIZES[Math.max(0, Math.min(2, place + step))]
    startY = null
  })
  page.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("[data-sheet]") || !["Enter", " "].includes(event.key)) return
    event.preventDefault()
    const panel = page.querySelector("form.panel")
    panel.dataset.size = panel.dataset.size === "large" ? "middle" : "large"
  })
}
