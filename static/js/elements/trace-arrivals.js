/**
 * <trace-arrivals data-socket data-address>: says how many traces came in that fit; the list itself never jumps.
 *
 * The socket says only that something came. A lost connection is tried again and never shown.
 */

const PAUSE_MS = 2_000 // longer than the server's own pause, so that what comes in it is counted too
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

class TraceArrivals extends HTMLElement {
  #socket = null
  #retryMs = FIRST_RETRY_MS
  #asking = 0
  #retrying = 0

  connectedCallback() {
    this.#connect()
  }

  disconnectedCallback() {
    clearTimeout(this.#asking)
    clearTimeout(this.#retrying)
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #connect() {
    const address = new URL(this.dataset.socket, location.href)
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(address)
    this.#socket = socket
    socket.addEventListener("open", () => this.#opened())
    socket.addEventListener("message", () => this.#heard())
    socket.addEventListener("close", () => socket === this.#socket && this.#retry())
  }

  #opened() {
    this.#heard() // what came between drawing the page and now
    this.#retryMs = FIRST_RETRY_MS
  }

  #heard() {
    this.#asking ||= setTimeout(() => this.#ask(), PAUSE_MS)
  }

  async #ask() {
    this.#asking = 0
    if (document.hidden) return document.addEventListener("visibilitychange", () => this.#heard(), { once: true })
    const response = await fetch(this.dataset.address).catch(() => null)
    if (!response?.ok || !this.isConnected) return
    const drawn = new DOMParser().parseFromString(await response.text(), "text/html").body
    if (drawn.textContent.trim() !== this.textContent.trim()) this.replaceChildren(...drawn.children)
  }

  #retry() {
    const jitter = 0.5 + Math.random() // a restarted server is not met by everybody at once
    this.#retrying = setTimeout(() => this.#connect(), this.#retryMs * jitter)
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
  }
}

customElements.define("trace-arrivals", TraceArrivals)
