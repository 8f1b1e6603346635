/** What the keys of the chat do. The judging panels have those of their own: lib/chat-keys lists all. */

import { CHAT_KEYS } from "lib/chat-keys"
import { actionOf } from "lib/keys"

/** Do what a key asks of the page. `page` is the <chat-page>. */
export function act(page, event) {
  if (event.defaultPrevented || event.repeat || page.querySelector("dialog[open]")) return
  const action = actionOf(event, CHAT_KEYS)
  const form = event.target.closest?.(".rewrite__form, .better__form")
  const did = action && (form ? write(page, action.name, form) : move(page, action.name, event) || press(page, action.name))
  if (did) event.preventDefault()
}

/** While a message is written anew. */
function write(page, name, form) {
  if (!form.matches(".rewrite__form")) return false
  if (name === "submit") form.requestSubmit()
  else if (name === "escape") page.endEdit(form.closest("article"))
  else return false
  return true
}

function move(page, name, event) {
  if (name === "escape") return leave(page)
  if (name === "above" || name === "below") return page.move(name === "above" ? -1 : 1)
  if (name === "enter" && event.target === document.body) return page.composer?.focus(), true
  if (name === "search") return page.list.search(), true
  if (name === "keys") return page.showKeys(), true
  if (name === "made") return page.made.toggle(page.chosen), true
  return false
}

/** Press the button that has this key. */
function press(page, name) {
  const buttons = {
    new: [page, "a[data-new], [data-new] button"],
    again: [page.chosen, "[data-again] button"],
    back: [page.chosen, '[data-version="before"]:enabled'],
    forward: [page.chosen, '[data-version="after"]:enabled'],
  }
  const [within, selector] = buttons[name] ?? []
  const button = within?.querySelector(selector)
  button?.click()
  return Boolean(button)
}

/** Esc: stop what runs; else close what is open; else leave the box. */
function leave(page) {
  if (page.talk.isRunning) page.talk.stop()
  else if (page.made.isOpen) page.made.close()
  else document.activeElement?.blur()
  return true
}
