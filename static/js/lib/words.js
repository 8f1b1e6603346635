/** The page's own words for what scripts say, translated with the rest: `<template data-words>`. */

/**
 * @param {string} name  of the word
 * @param {number|string} [n]  what takes the place of {n}
 * @returns {string}
 */
export function word(name, n = "") {
  const place = document.querySelector("template[data-words]")
  const found = place?.content.querySelector(`[data-word="${name}"]`)
  return (found?.textContent ?? "").replace("{n}", String(n))
}
