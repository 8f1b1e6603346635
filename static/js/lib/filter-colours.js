/** Colours of a filter: what is looked at, and values. Drawn behind the field, whose own text is see-through then. */

const TOKEN = /('(?:[^']|'')*'?)|(\b(?:AND|IN|NOT|IS|NULL|LIKE|ILIKE|RLIKE|true|false)\b)|([\p{L}_][\w-]*(?:\.(?:`[^`]*`?|"[^"]*"?|[\w:/-]*))*)|(-?\d+(?:\.\d+)?)/giu

export class FilterColours {
  constructor(element, input, place) {
    this.input = input
    this.place = place
    place.hidden = false
    element.classList.add("is-coloured")
    for (const name of ["input", "scroll", "keyup", "blur", "select"]) input.addEventListener(name, () => this.draw())
    this.draw()
  }

  draw() {
    this.place.replaceChildren(...coloured(this.input.value))
    this.place.scrollLeft = this.input.scrollLeft
  }
}

/**
 * @param {string} text
 * @returns {(Node|string)[]}
 */
function coloured(text) {
  const parts = []
  let at = 0
  for (const match of text.matchAll(TOKEN)) {
    const [found, string, , key, number] = match
    parts.push(text.slice(at, match.index), key ? made("b", found) : string || number ? made("i", found) : found)
    at = match.index + found.length
  }
  return [...parts, text.slice(at)]
}

function made(name, text) {
  const element = document.createElement(name)
  element.textContent = text
  return element
}
