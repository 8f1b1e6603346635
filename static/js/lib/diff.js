/** What changed between two texts, word by word. */

const MAX_CELLS = 4_000_000 // of the table of a comparison: 16 MB

/**
 * @param {string} before
 * @param {string} after
 * @returns {Array<["same"|"del"|"ins", string]>}
 */
export function changes(before, after) {
  const split = before.length + after.length > 20_000 ? /(\n+)/ : /(\s+)/
  return merged(steps(before.split(split).filter(Boolean), after.split(split).filter(Boolean)))
}

/**
 * Show in `place` what became of `before`.
 * @param {Element} place
 * @param {string} before
 * @param {string} after
 */
export function drawChanges(place, before, after) {
  const drawn = ([kind, words]) => (kind === "same" ? words : Object.assign(document.createElement(kind), { textContent: words }))
  place.replaceChildren(...changes(before, after).map(drawn))
}

/** What both begin and end with stays; between them the longest common subsequence. */
function steps(a, b) {
  const start = commonStart(a, b)
  const end = commonStart(a.slice(start).reverse(), b.slice(start).reverse())
  const same = (words) => words.map((word) => ["same", word])
  const middle = longest(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]
}

function commonStart(a, b) {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1
  return n
}

function longest(a, b) {
  const width = b.length + 1
  if ((a.length + 1) * width > MAX_CELLS) return [...a.map((word) => ["del", word]), ...b.map((word) => ["ins", word])]
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = i * width + j
      table[here] = a[i] === b[j] ? table[here + width + 1] + 1 : Math.max(table[here + width], table[here + 1])
    }
  }
  return walked(a, b, table, width)
}

function walked(a, b, table, width) {
  const told = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const here = i * width + j
    if (i < a.length && j < b.length && a[i] === b[j]) told.push(["same", (j += 1, a[i++])])
    else if (j >= b.length || (i < a.length && table[here + width] >= table[here + 1])) told.push(["del", a[i++]])
    else told.push(["ins", b[j++]])
  }
  return told
}

function merged(told) {
  const runs = []
  for (const [kind, word] of told) {
    if (runs.at(-1)?.[0] === kind) runs.at(-1)[1] += word
    else runs.push([kind, word])
  }
  return runs
}
