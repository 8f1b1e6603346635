/** Where an article stands in the talk: each under the one it follows, and one version of each. */

/** @param {string} html  of one article, from our server */
export function articleIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html")
  return document.importNode(page.querySelector("article"), true)
}

/**
 * A turn as it stands before the server has said anything.
 * @param {string|HTMLElement} message  a text, or what is drawn of it already
 * @param {string[]} [images]  data: addresses
 */
export function newArticle(message, images = []) {
  const article = document.querySelector("template[data-new-turn]").content.firstElementChild.cloneNode(true)
  const place = article.querySelector("[data-message]")
  if (message instanceof HTMLElement) place.replaceWith(message)
  else place.firstElementChild.textContent = message
  if (images.length) place.prepend(pictures(images))
  return article
}

function pictures(images) {
  const row = document.createElement("div")
  row.className = "said__images"
  row.append(...images.map((src) => Object.assign(new Image(), { src, alt: "" })))
  return row
}

/**
 * Put an article into its place: instead of itself, instead of its other version (what followed that goes),
 * or at the end. Returns it; null when the turn that it follows is not shown here.
 */
export function put(turns, article) {
  if (!place(turns, article)) return null
  window.htmx?.process(article)
  return article
}

function place(turns, article) {
  const same = document.getElementById(article.id)
  if (same) return replace(same, article), true
  const { parent } = article.dataset
  const shown = [...turns.querySelectorAll(":scope > article")]
  const at = parent ? shown.findIndex((each) => each.dataset.turn === parent) : -1
  if (parent && at < 0) return false
  for (const each of shown.slice(at + 1)) each.remove()
  turns.querySelector("[data-beginning]")?.remove()
  turns.append(article)
  return true
}

/** What is being written in a message stays. */
function replace(old, article) {
  const written = old.querySelector("[data-edit][open]")?.closest(".said")
  if (written) article.querySelector(".said").replaceWith(written)
  old.replaceWith(article)
}

function turnsIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("#turns")
}

/** Whether other turns are shown now. */
export function isOtherTalk(turns, html) {
  const ids = (all) => [...all.children].map((each) => each.id).join()
  return ids(turnsIn(html)) !== ids(turns)
}

/**
 * Draw the whole talk anew.
 * @param {HTMLElement} box  that scrolls
 * @param {string} html
 * @param {HTMLElement} [keep]  an article; what stands in its place then stays there on the screen
 * @returns {HTMLElement|undefined} that
 */
export function replaceTurns(box, html, keep) {
  const turns = box.querySelector("#turns")
  const [top, number] = [keep?.getBoundingClientRect().top, [...turns.children].indexOf(keep)]
  const now = document.importNode(turnsIn(html), true)
  turns.replaceWith(now)
  window.htmx?.process(now)
  const kept = now.children[number]
  if (kept) box.scrollTop += kept.getBoundingClientRect().top - top
  return kept
}
