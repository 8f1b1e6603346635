/**
 * <live-session data-socket="/ws/sessions/<id>/">: says `session:changed` when the server does.
 *
 * What stands inside draws itself anew on that event (hx-trigger="session:changed from:closest live-session").
 * Quiet: the page is right without it, so a lost connection is tried again and never shown.
 */
const QUIET_MS = 600; // changes closer together are one
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
const ANNOUNCE_MS = 15_000; // a screen reader is told of progress no more often

class LiveSession extends HTMLElement {
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #timers = {};
  #open = new Set();

  connectedCallback() {
    this.addEventListener("htmx:beforeSwap", this.#rememberOpen);
    this.addEventListener("htmx:afterSwap", this.#restoreOpen);
    this.#connect();
  }

  disconnectedCallback() {
    this.removeEventListener("htmx:beforeSwap", this.#rememberOpen);
    this.removeEventListener("htmx:afterSwap", this.#restoreOpen);
    Object.values(this.#timers).forEach(clearTimeout);
    this.#timers = {};
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect() {
    const address = new URL(this.dataset.socket, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#heard(event.data));
    socket.addEventListener("close", () => socket === this.#socket && this.#retry());
  }

  #opened() {
    // What happened while we were away was not heard.
    if (this.#retryMs > FIRST_RETRY_MS) this.#changed();
    this.#retryMs = FIRST_RETRY_MS;
  }

  #heard(data) {
    if (JSON.parse(data).event === "session:changed") this.#changed();
  }

  #changed() {
    this.#timers.change ??= setTimeout(() => {
      this.#timers.change = undefined;
      this.dispatchEvent(new CustomEvent("session:changed"));
    }, QUIET_MS);
  }

  #retry() {
    const jitter = 0.5 + Math.random(); // a restarted server is not met by everybody at once
    this.#timers.retry = setTimeout(() => this.#connect(), this.#retryMs * jitter);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #rememberOpen = () => {
    this.#open = new Set([...this.querySelectorAll("details[open][id]")].map((each) => each.id));
  };

  #restoreOpen = () => {
    this.querySelectorAll("details[id]").forEach((each) => {
      each.open = this.#open.has(each.id);
    });
    this.#timers.announce ??= setTimeout(() => {
      this.#timers.announce = undefined;
      this.#announce();
    }, ANNOUNCE_MS);
  };

  #announce() {
    const status = this.querySelector("[data-announce]");
    const progress = this.querySelector("[data-progress]")?.dataset.progress;
    if (status && progress && status.textContent !== progress) status.textContent = progress;
  }
}

customElements.define("live-session", LiveSession);
