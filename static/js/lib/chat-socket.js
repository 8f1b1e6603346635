/**
 * The socket of a conversation. It comes back by itself, and says how things stand.
 *
 * Events: `open` (detail.again: not for the first time), `heard` (detail: the message),
 * `state` (detail: "open", "reconnecting", "offline" or "gone").
 */

const FIRST_RETRY_MS = 400
const LAST_RETRY_MS = 15_000
const SIGN_IN = 4401
const NO_MORE = [4403, 4404] // asking again would not help

export class ChatSocket extends EventTarget {
  #url
  #socket = null
  #retryMs = FIRST_RETRY_MS
  #timer = 0
  #wasOpen = false

  /** @param {string} path  of the socket, on this host */
  constructor(path) {
    super()
    this.#url = new URL(path, location.href)
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:"
  }

  open() {
    addEventListener("online", this.#connectNow)
    addEventListener("offline", this.#onOffline)
    document.addEventListener("visibilitychange", this.#onVisible)
    this.#connectNow()
  }

  close() {
    removeEventListener("online", this.#connectNow)
    removeEventListener("offline", this.#onOffline)
    document.removeEventListener("visibilitychange", this.#onVisible)
    clearTimeout(this.#timer)
    this.#drop()
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** @returns {boolean} whether it was sent */
  send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message))
    return this.isOpen
  }

  // Private

  #connectNow = () => {
    clearTimeout(this.#timer)
    if (this.#socket && this.#socket.readyState < WebSocket.CLOSING) return
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    socket.onopen = () => this.#onOpen()
    socket.onmessage = (event) => this.#say("heard", JSON.parse(event.data))
    socket.onclose = (event) => socket === this.#socket && this.#onClose(event.code)
  }

  #onOpen() {
    this.#retryMs = FIRST_RETRY_MS
    this.#say("state", "open")
    this.#say("open", { again: this.#wasOpen })
    this.#wasOpen = true
  }

  #onClose(code) {
    this.#socket = null
    if (code === SIGN_IN) return location.reload()
    if (NO_MORE.includes(code)) return this.#say("state", "gone")
    if (!navigator.onLine) return this.#say("state", "offline")
    this.#say("state", "reconnecting")
    const jitter = 0.5 + Math.random() // a restarted server is not met by everybody at once
    this.#timer = setTimeout(this.#connectNow, this.#retryMs * jitter)
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
  }

  /** A socket without a network stays open for minutes; nothing would come through it. */
  #onOffline = () => {
    clearTimeout(this.#timer)
    this.#drop()
    this.#say("state", "offline")
  }

  #onVisible = () => {
    if (document.visibilityState === "visible" && navigator.onLine) this.#connectNow()
  }

  #drop() {
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
