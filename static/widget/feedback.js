/*! Thumbs and a comment under an answer: <review-feedback trace-id="…">. Part of the Review App, Apache-2.0.
    One classic script, no dependency, no cookie, nothing kept on the device; README.md, "Feedback from production". */
(() => {
  "use strict";
  if (customElements.get("review-feedback")) return;

  const script = document.currentScript;
  const data = script ? script.dataset : {};
  const settings = {
    key: data.key || "",
    userId: data.userId || "",
    endpoint: data.endpoint || (script ? new URL("../api/feedback", script.src).href : "/api/feedback"),
  };
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const anonymousId = `anonymous-${newId().slice(0, 12)}`; // as long as the page is open

  // Sending: one after the other, so that the last word stays the last; what fails is sent again under the same id.
  const MOST_PAUSE_S = 60;
  const MOST_TRIES = 10; // while there is a connection
  const queue = [];
  let isBusy = false;
  let timer = 0;

  function send(said, onWait = () => {}) {
    const { key = settings.key, ...body } = said;
    if (!body.user_id && settings.userId) body.user_id = settings.userId;
    if (!body.user_id) body.anonymous_id ||= anonymousId;
    body.page ||= (location.origin + location.pathname).slice(0, 1000);
    return new Promise((resolve, reject) => {
      queue.push({ id: newId(), key, body: JSON.stringify(body), tries: 0, resolve, reject, onWait });
      pump();
    });
  }

  async function pump() {
    if (isBusy || !queue.length) return;
    isBusy = true;
    clearTimeout(timer);
    const first = queue[0];
    first.tries += 1;
    let wait = Math.min(2 ** first.tries, MOST_PAUSE_S);
    try {
      const response = await fetch(settings.endpoint, {
        method: "POST",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        keepalive: true, // also when the page is being left
        headers: { Authorization: `Bearer ${first.key}`, "Content-Type": "application/json", "Idempotency-Key": first.id },
        body: first.body,
      });
      if (response.ok) {
        wait = 0;
        first.resolve(await response.json().catch(() => ({})));
      } else if (response.status !== 429 && response.status < 500) {
        wait = 0;
        const why = await response.json().catch(() => ({}));
        first.reject(new Error(why.message || `HTTP ${response.status}`));
      } else wait = Number(response.headers.get("Retry-After")) || wait;
    } catch (error) {
      if (first.tries >= MOST_TRIES && navigator.onLine) {
        wait = 0;
        first.reject(error);
      }
    }
    isBusy = false;
    if (wait) {
      first.onWait();
      timer = setTimeout(pump, wait * 1000);
    } else {
      queue.shift();
      pump();
    }
  }
  addEventListener("online", pump);

  const WORDS = {
    en: {
      question: "Was this answer helpful?", up: "Yes, helpful", down: "No, not helpful", categories: "What was wrong?",
      comment: "Anything to add? (optional)", correction: "What should it have said? (optional)", send: "Send",
      close: "Close", thanks: "Thank you.", sent: "Thank you, your comment was sent.",
      waiting: "Not sent yet. It goes out as soon as there is a connection.", failed: "This could not be sent.",
    },
    de: {
      question: "War diese Antwort hilfreich?", up: "Ja, hilfreich", down: "Nein, nicht hilfreich",
      categories: "Was war falsch?", comment: "Möchten Sie etwas ergänzen? (freiwillig)",
      correction: "Was wäre richtig gewesen? (freiwillig)", send: "Senden", close: "Schließen", thanks: "Danke.",
      sent: "Danke, Ihr Kommentar wurde gesendet.",
      waiting: "Noch nicht gesendet. Das geschieht, sobald es eine Verbindung gibt.", failed: "Das konnte nicht gesendet werden.",
    },
    ar: {
      question: "هل كانت هذه الإجابة مفيدة؟", up: "نعم، مفيدة", down: "لا، غير مفيدة", categories: "ما الخطأ فيها؟",
      comment: "هل تود إضافة شيء؟ (اختياري)", correction: "ما الإجابة الصحيحة؟ (اختياري)", send: "إرسال",
      close: "إغلاق", thanks: "شكرًا لك.", sent: "شكرًا لك، تم إرسال تعليقك.",
      waiting: "لم يُرسل بعد. سيتم الإرسال عند توفر الاتصال.", failed: "تعذر الإرسال.",
    },
  };

  const sheet = new CSSStyleSheet(); // constructed, so that a policy without 'unsafe-inline' has nothing against it
  sheet.replaceSync(`
    :host { display: block; font-size: .9375em; --edge: var(--review-border, color-mix(in srgb, currentColor 60%, transparent)); --mark: var(--review-accent, currentColor); }
    :host([hidden]), [hidden] { display: none !important; }
    .bar, .row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
    .bar > span { margin-inline-end: 4px; }
    button { font: inherit; color: inherit; min-inline-size: 40px; min-block-size: 40px; padding: 0 8px; border: 1px solid transparent; border-radius: var(--review-radius, 8px); background: none; cursor: pointer; display: inline-grid; place-items: center; }
    button:hover, button[aria-pressed=true] { background: var(--review-wash, color-mix(in srgb, currentColor 10%, transparent)); }
    button[aria-pressed=true] { color: var(--mark); border-color: currentColor; }
    button[aria-pressed=true] path { fill: color-mix(in srgb, currentColor 30%, transparent); }
    .send { padding-inline: 16px; border-color: var(--edge); font-weight: 600; }
    :focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
    svg { inline-size: 20px; block-size: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
    .down svg { rotate: 180deg; }
    form { display: grid; gap: 12px; margin-block-start: 8px; max-inline-size: 34em; }
    label, legend { padding: 0; }
    form > label { display: grid; gap: 4px; }
    fieldset { margin: 0; padding: 0; border: 0; min-inline-size: 0; }
    fieldset .row { gap: 4px 16px; }
    fieldset label { display: flex; gap: 6px; align-items: center; min-block-size: 28px; }
    input { accent-color: var(--review-accent, auto); inline-size: 18px; block-size: 18px; margin: 0; }
    textarea { font: inherit; color: inherit; box-sizing: border-box; inline-size: 100%; padding: 8px; border: 1px solid var(--edge); border-radius: min(var(--review-radius, 8px), 12px); background: transparent; resize: vertical; }
    p { margin: 4px 0 0; }
    p:empty { margin: 0; }
    @media (pointer: coarse) { button { min-inline-size: 44px; min-block-size: 44px; } }
  `);

  const THUMB = "M7 11v9H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zm0 0 4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7";

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function thumb() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", THUMB);
    svg.append(path);
    return svg;
  }

  const ABOUT = ["trace-id", "client-request-id", "traceparent"];

  class ReviewFeedback extends HTMLElement {
    static observedAttributes = ABOUT;
    #vote = "";

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
    }

    attributeChangedCallback(_name, before, now) {
      if (this.shadowRoot && before !== now) this.#build(); // another answer
    }

    #word(name) {
      const language = (this.#language() in WORDS && this.#language()) || "en";
      return this.getAttribute(`text-${name}`) ?? WORDS[language][name];
    }

    #language() {
      const named = this.closest("[lang]");
      return ((named && named.lang) || navigator.language).slice(0, 2).toLowerCase();
    }

    #build() {
      const root = this.shadowRoot || this.attachShadow({ mode: "open", delegatesFocus: true });
      root.adoptedStyleSheets = [sheet];
      this.#vote = "";
      this.up = this.#button("up");
      this.down = this.#button("down");
      const bar = make("div", { class: "bar", part: "bar", role: "group", "aria-label": this.#word("question") },
        make("span", { part: "question", "aria-hidden": "true" }, this.#word("question")), this.up, this.down);
      this.status = make("p", { part: "status", role: "status" });
      this.form = this.#makeForm();
      root.replaceChildren(bar, this.form, this.status);
    }

    #button(way) {
      const label = this.#word(way);
      const button = make("button", { type: "button", class: way, part: way, "aria-pressed": "false", "aria-label": label, title: label }, thumb());
      button.addEventListener("click", () => this.vote(way));
      return button;
    }

    #makeForm() {
      const form = make("form", { part: "form", hidden: "" });
      const names = (this.getAttribute("categories") || "").split(",").map((name) => name.trim()).filter(Boolean);
      this.boxes = names.map((name) => make("input", { type: "checkbox", value: name }));
      if (names.length) {
        const labels = this.boxes.map((box) => make("label", {}, box, box.value));
        form.append(make("fieldset", {}, make("legend", {}, this.#word("categories")), make("div", { class: "row" }, ...labels)));
      }
      const field = (name) => {
        const text = make("textarea", { rows: "2", maxlength: "5000", dir: "auto", part: name });
        form.append(make("label", {}, this.#word(name), text));
        return text;
      };
      this.comment = field("comment");
      this.correction = this.hasAttribute("correction") ? field("correction") : null;
      const close = make("button", { type: "button", part: "close" }, this.#word("close"));
      close.addEventListener("click", () => this.#close());
      form.append(make("div", { class: "row" }, make("button", { class: "send", part: "send" }, this.#word("send")), close));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#sendForm();
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.#close();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#sendForm();
      });
      return form;
    }

    /** Vote "up" or "down", as a click does. */
    vote(way) {
      const asks = this.getAttribute("comment") || "always"; // or "down", or "never"
      this.form.hidden = asks === "never" || (asks === "down" && way === "up");
      if (way === this.#vote) return;
      this.#vote = way;
      this.up.setAttribute("aria-pressed", way === "up");
      this.down.setAttribute("aria-pressed", way === "down");
      this.#send({}, "thanks");
    }

    #sendForm() {
      const said = { categories: this.boxes.filter((box) => box.checked).map((box) => box.value), comment: this.comment.value.trim() };
      if (this.correction && this.correction.value.trim()) said.correction = this.correction.value.trim();
      this.#close();
      if (said.comment || said.correction || said.categories.length) this.#send(said, "sent");
    }

    #close() {
      this.form.hidden = true;
      this[this.#vote].focus();
    }

    async #send(said, thanks) {
      const message = { ...said, thumbs: this.#vote };
      for (const name of ABOUT) if (this.getAttribute(name)) message[name.replaceAll("-", "_")] = this.getAttribute(name);
      if (this.getAttribute("user-id")) message.user_id = this.getAttribute("user-id");
      if (this.getAttribute("key")) message.key = this.getAttribute("key");
      try {
        if (!this.hasAttribute("preview")) await send(message, () => this.#say("waiting"));
        this.#say(thanks);
        this.dispatchEvent(new CustomEvent("review-feedback", { bubbles: true, composed: true, detail: message }));
      } catch (error) {
        this.#say("failed");
        console.warn(`Feedback: ${error.message}`);
      }
    }

    #say(name) {
      this.status.textContent = this.#word(name);
    }
  }

  customElements.define("review-feedback", ReviewFeedback);
  window.reviewFeedback = { send, settings };
})();
