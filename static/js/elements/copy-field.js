/**
 * <copy-field><input readonly><button data-done="Copied" hidden></button></copy-field>
 *
 * Shows the button where the browser can copy; without it the text is selected by a click.
 */
const DONE_MS = 2_000;

class CopyField extends HTMLElement {
  #field = null;
  #button = null;
  #timer = 0;

  connectedCallback() {
    this.#field = this.querySelector("input");
    this.#button = this.querySelector("button");
    this.#button.hidden = !navigator.clipboard;
    this.#button.addEventListener("click", this.#copy);
    this.#field.addEventListener("focus", this.#select);
    if (this.#button.hidden) this.#field.focus();
    else this.#button.focus();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#button.removeEventListener("click", this.#copy);
    this.#field.removeEventListener("focus", this.#select);
  }

  #select = () => this.#field.select();

  #copy = async () => {
    const words = this.#button.dataset.words ?? this.#button.textContent;
    this.#button.dataset.words = words;
    await navigator.clipboard.writeText(this.#field.value);
    this.#button.textContent = this.#button.dataset.done;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#button.textContent = words;
    }, DONE_MS);
  };
}

customElements.define("copy-field", CopyField);
