/** Rows of a tree that stand flat, in order: what is under one has a higher aria-level. */

/**
 * The row that this one is under.
 * @param {Element} row
 * @returns {Element|null}
 */
export function above(row) {
  let before = row.previousElementSibling
  while (before && Number(before.ariaLevel) >= Number(row.ariaLevel)) before = before.previousElementSibling
  return before
}

/**
 * Hide what is under a closed row, and show the rest.
 * @param {HTMLElement[]} rows
 */
export function hideFolded(rows) {
  let closed = Infinity
  for (const row of rows) {
    const level = Number(row.ariaLevel)
    if (level <= closed) closed = Infinity
    row.hidden = level > closed
    if (closed === Infinity && row.ariaExpanded === "false") closed = level
  }
}
