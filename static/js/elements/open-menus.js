/**
 * Menus that are <details> close as menus do: on a click elsewhere and on Escape.
 */

const OPEN = "details:is(.menu, .account)[open]"

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(OPEN)) if (!menu.contains(event.target)) menu.open = false
})

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return
  for (const menu of document.querySelectorAll(OPEN)) {
    const hadFocus = menu.contains(document.activeElement)
    menu.open = false
    if (hadFocus) menu.querySelector("summary").focus()
  }
})
