/** What a box to write in does beyond the browser. */

const hasKeyboard = matchMedia("(hover: hover) or (pointer: fine)") // on a phone Enter is a new line
const growsByItself = CSS.supports("field-sizing", "content")

/** Whether a key press sends what is written; Enter of an input method only ends a word. */
export function sends({ key, shiftKey, altKey, ctrlKey, metaKey }) {
  return key === "Enter" && !shiftKey && !altKey && (hasKeyboard.matches || ctrlKey || metaKey)
}

/** @param {KeyboardEvent} event */
export function isOfInputMethod(event) {
  return event.isComposing || event.keyCode === 229 // Safari tells the last one by its code only
}

/** @param {HTMLTextAreaElement} field */
export function fitHeight(field) {
  if (growsByItself) return
  field.style.blockSize = "auto"
  field.style.blockSize = `${field.scrollHeight}px`
}
