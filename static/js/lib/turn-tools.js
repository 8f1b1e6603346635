/** Small things that are done with one turn. */

import { word } from "lib/words"

const COPIED_MS = 1600

/** Copy the answer as it was written: its markdown. */
export async function copyAnswer(article, button) {
  await navigator.clipboard.writeText(article.querySelector("template[data-answer]").content.textContent)
  const words = button.querySelector("span")
  words.textContent = word("copied")
  setTimeout(() => (words.textContent = word("copy")), COPIED_MS)
}

/** Go to the end of the message that is to be written otherwise. */
export function startEdit(article) {
  const edit = article?.querySelector("[data-edit]")
  if (!edit) return
  edit.open = true
  const field = edit.querySelector("textarea")
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)
}
