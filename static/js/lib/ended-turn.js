/**
 * A turn that has ended, in place: what was drawn of its answer stays where it is. So nothing moves, what
 * somebody has marked or begun to write stays, and a long answer is not laid out once more.
 */

/**
 * @param {HTMLElement} shown  the article while it was answered
 * @param {HTMLElement} ended  the article as the server draws it now
 * @returns {(() => void)[]} small steps, to be taken in this order, the last of which says that it has ended; none
 *   where it can't be done: then the one has to take the place of the other
 */
export function stepsToEnd(shown, ended) {
  const text = shown.querySelector("[data-blocks]") && onlyTextOf(ended)
  if (!text) return []
  const [was, is] = [shown, ended].map((article) => article.querySelector(".answer"))
  return [
    () => finishText(shown, text),
    () => was.querySelector(".message__head").replaceWith(is.querySelector(".message__head")),
    () => shown.querySelector("trace-conversation").addCopyButtons(),
    () => takeRest(was.querySelector(".answer__body"), is.querySelector(".answer__body")),
    () => takeAttributes(shown, ended),
  ]
}

/** The answer's text, where it is all of the answer. */
function onlyTextOf(article) {
  const parts = article.querySelector("[data-testid=turn-answer]").children
  return parts.length === 1 && parts[0].matches(".prose") && !hasLooseText(parts[0]) ? parts[0] : null
}

/** Blocks that are the same stay; from the first other one on, they are the new ones. */
function finishText(shown, text) {
  const [place, tail] = [shown.querySelector("[data-blocks]"), shown.querySelector("[data-tail]")]
  const now = [...text.children]
  const then = [...place.children, ...tail.querySelector("[data-tail-html]").children]
  const found = now.findIndex((block, n) => !block.isEqualNode(then[n] ?? null))
  const nSame = found < 0 ? now.length : found
  for (const block of then.slice(nSame)) block.remove()
  place.append(...then.slice(place.children.length, nSame), ...now.slice(nSame))
  place.removeAttribute("data-blocks")
  tail.remove()
}

function hasLooseText(element) {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim())
}

/** What stands after the text: how it went, what is said of it, what can be done with it. */
function takeRest(body, newBody) {
  const rest = []
  for (let next = newBody.nextElementSibling; next; next = next.nextElementSibling) rest.push(next)
  while (body.nextElementSibling) body.nextElementSibling.remove()
  body.after(...rest)
  for (const each of rest) window.htmx?.process(each)
}

function takeAttributes(shown, ended) {
  for (const name of shown.getAttributeNames()) if (name !== "class" && !ended.hasAttribute(name)) shown.removeAttribute(name)
  for (const name of ended.getAttributeNames()) if (name !== "class") shown.setAttribute(name, ended.getAttribute(name))
}
