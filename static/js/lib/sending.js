/** Requests to our own server, as htmx makes them: a fragment comes back. */

/**
 * @param {string} url
 * @param {FormData|URLSearchParams} [body]  with it, it is a POST
 * @returns {Promise<Response|null>} null where there is no network
 */
export function send(url, body) {
  const token = document.querySelector("[data-csrf]").dataset.csrf
  const headers = { "HX-Request": "true", "X-CSRFToken": token }
  return fetch(url, { method: body ? "POST" : "GET", body, headers }).catch(() => null)
}

/** The words of a fragment. */
export function wordsIn(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim()
}
