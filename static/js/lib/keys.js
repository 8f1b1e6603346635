/** Which key does what; people may change the letters, on this device. */

/** @typedef {{stored: string, letters: Record<string, string>, fixed: Record<string, string>}} Keys  of one kind of page */

/** @type {Keys} */
const REVIEW_KEYS = {
  stored: "reviewapp.keys",
  letters: { decline: "s", undo: "u", evidence: "q", ideal: "e", guidelines: "g" },
  fixed: { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "back", ArrowRight: "forward", Enter: "enter", "?": "keys" },
}
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** @returns {Record<string, string>} action → letter */
export function letters(keys = REVIEW_KEYS) {
  try {
    return { ...keys.letters, ...JSON.parse(localStorage.getItem(keys.stored) ?? "{}") }
  } catch {
    return { ...keys.letters }
  }
}

/**
 * Give an action another letter; whoever had it gets the old one in exchange.
 * @param {string} action
 * @param {string} letter
 */
export function changeLetter(action, letter, keys = REVIEW_KEYS) {
  const now = letters(keys)
  const other = Object.keys(now).find((each) => now[each] === letter)
  if (other) now[other] = now[action]
  now[action] = letter
  localStorage.setItem(keys.stored, JSON.stringify(now))
}

export function resetLetters(keys = REVIEW_KEYS) {
  localStorage.removeItem(keys.stored)
}

/** Print on every button below `root` the key that presses it. */
export function printKeys(root, keys = REVIEW_KEYS) {
  const now = letters(keys)
  for (const place of root.querySelectorAll("[data-key-of]")) {
    const action = place.dataset.keyOf
    place.textContent = action === "submit" ? (isMac ? "⌘⏎" : "Ctrl ⏎") : (now[action] ?? "").toUpperCase()
  }
}

/**
 * What a key press asks for.
 * @param {KeyboardEvent} event
 * @param {Keys} [keys]
 * @returns {{name: string, digit?: number}|null}
 */
export function actionOf(event, keys = REVIEW_KEYS) {
  if (event.isComposing || event.altKey) return null
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return { name: "submit" }
  if (event.ctrlKey || event.metaKey) return null
  if (event.key === "Escape") return { name: "escape" }
  if (isTyping(event.target)) return null
  if (/^[0-9]$/.test(event.key)) return { name: "choose", digit: Number(event.key) }
  if (keys.fixed[event.key]) return { name: keys.fixed[event.key] }
  const now = letters(keys)
  const name = Object.keys(now).find((each) => now[each] === event.key.toLowerCase())
  return name ? { name } : null
}

/** @param {EventTarget|null} target */
export function isTyping(target) {
  const input = target instanceof Element && target.closest("input, textarea, select, [contenteditable]")
  return Boolean(input && !input.matches("input[type=radio], input[type=checkbox]"))
}
