/** The sheet of keys, loaded when somebody first asks for it. */

import { changeLetter, resetLetters } from "lib/keys"
import { word } from "lib/words"

/**
 * @param {HTMLDialogElement} sheet
 * @param {() => void} onChange  called when a key is another one now
 * @param {import("lib/keys").Keys} [keys]  of this kind of page
 */
export function showKeySheet(sheet, onChange, keys) {
  sheet.onclick = (event) => {
    if (event.target.closest("[data-keys-close]")) sheet.close()
    if (event.target.closest("[data-keys-reset]")) resetLetters(keys), onChange()
    const button = event.target.closest("[data-change]")
    if (button) waitForKey(button, onChange, keys)
  }
  if (!sheet.open) sheet.showModal()
}

function waitForKey(button, onChange, keys) {
  button.classList.add("is-waiting")
  button.firstElementChild.textContent = word("press")
  const take = (event) => {
    event.preventDefault()
    event.stopPropagation()
    button.classList.remove("is-waiting")
    if (/^\p{L}$/u.test(event.key)) changeLetter(button.dataset.change, event.key.toLowerCase(), keys)
    onChange()
  }
  document.addEventListener("keydown", take, { capture: true, once: true })
}
