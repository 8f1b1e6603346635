/** Which key does what; people may change the letters, on this device. */

const STORED = "reviewapp.keys"
const LETTERS = { decline: "s", undo: "u", evidence: "q", ideal: "e", guidelines: "g" }
const FIXED = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "back", ArrowRight: "forward", Enter: "enter", "?": "keys" }
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** @returns {Record<string, string>} action → letter */
export function letters() {
  try {
    return { ...LETTERS, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") }
  } catch {
    return { ...LETTERS }
  }
}

/**
 * Give an action another letter; whoever had it gets the old one in exchange.
 * @param {string} action
 * @param {string} letter
 */
export function changeLetter(action, letter) {
  const now = letters()
  const other = Object.keys(now).find((each) => now[each] === letter)
  if (other) now[other] = now[action]
  now[action] = letter
  localStorage.setItem(STORED, JSON.stringify(now))
}

export function resetLetters() {
  localStorage.removeItem(STORED)
}

/** Print on every button below `root` the key that presses it. */
export function printKeys(root) {
  const now = letters()
  for (const place of root.querySelectorAll("[data-key-of]")) {
    const action = place.dataset.keyOf
    place.textContent = action === "submit" ? (isMac ? "⌘⏎" : "Ctrl ⏎") : now[action].toUpperCase()
  }
}

/**
 * What a key press asks for.
 * @param {KeyboardEvent} event
 * @returns {{name: string, digit?: number}|null}
 */
export function actionOf(event) {
  if (event.isComposing || event.altKey) return null
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return { name: "submit" }
  if (event.ctrlKey || event.metaKey) return null
  if (event.key === "Escape") return { name: "escape" }
  if (isTyping(event.target)) return null
  if (/^[0-9]$/.test(event.key)) return { name: "choose", digit: Number(event.key) }
  if (FIXED[event.key]) return { name: FIXED[event.key] }
  const now = letters()
  const name = Object.keys(now).find((each) => now[each] === event.key.toLowerCase())
  return name ? { name } : null
}

/** @param {EventTarget|null} target */
function isTyping(target) {
  const input = target instanceof Element && target.closest("input, textarea, select, [contenteditable]")
  return Boolean(input && !input.matches("input[type=radio], input[type=checkbox]"))
}
