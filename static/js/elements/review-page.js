/**
 * <review-page>: from one item to the next.
 *
 * The next item is kept ready, so that it is there at once; one request submits an item and
 * brings the one after the next. When the server refuses, the item comes back with the reason.
 */

import "elements/draft-keeper"
import "elements/question-list"
import "elements/quote-picker"
import { actionOf, printKeys } from "lib/keys"
import { word } from "lib/words"

const UNDO_MS = 8_000
const RETRY_MS = 4_000
const GUIDELINES = "reviewapp.guidelines" // kept on this device: open or not

class ReviewPage extends HTMLElement {
  #ready = null // the next item, kept out of the page
  #done = null // the item that was submitted last
  #isBusy = false // an item is being submitted; the next one is up already and can be answered
  #held = null // the button of an item that is submitted once the one before is
  #toastTimer = 0

  connectedCallback() {
    this.addEventListener("submit", this.#onSubmit)
    this.addEventListener("click", this.#onClick)
    this.addEventListener("change", this.#onChange)
    document.addEventListener("keydown", this.#onKey)
    this.#fitScreen()
    this.#onShown()
    this.#getReady()
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey)
  }

  // Actions

  submit() {
    const button = this.#form?.querySelector("[data-submit]")
    if (button && !this.#isLoading) this.#form.requestSubmit(button)
  }

  async undo() {
    if (!this.#done || this.#isBusy) return
    this.#hideToast()
    const response = await this.#post(this.#done.querySelector("form").dataset.undoUrl, new URLSearchParams())
    if (!response?.ok) return this.#sayFailed()
    const { item, progress } = parsed(await response.text())
    this.#done = null
    if (this.#item?.dataset.review) this.#ready = this.#item
    this.#show(item, progress)
  }

  // Private: what is where

  get #slot() {
    return this.querySelector("[data-slot]")
  }

  get #item() {
    return this.#slot.firstElementChild
  }

  /** Whether the next item is still to come: what is up was submitted. */
  get #isLoading() {
    return this.#item?.hasAttribute("aria-busy")
  }

  get #form() {
    return this.#item?.querySelector("form.panel")
  }

  get #questions() {
    return this.#item?.querySelector("question-list")
  }

  // Private: submitting

  #onSubmit = (event) => {
    const form = event.target
    const isDecline = event.submitter?.hasAttribute("data-decline-submit")
    const isSubmit = event.submitter?.hasAttribute("data-submit")
    if (!form.matches(".panel") || this.#item.dataset.status !== "in_progress" || !(isSubmit || isDecline)) return
    event.preventDefault()
    if (this.#isLoading) return
    if (isSubmit && !this.#questions.check()) return form.querySelector("draft-keeper").say("failed", word("missing"))
    if (this.#isBusy) return void (this.#held = event.submitter)
    this.#finish(event.submitter.getAttribute("formaction") ?? form.action, isDecline)
  }

  async #finish(url, isDecline) {
    const item = this.#item
    if (!navigator.onLine) return this.#waitForNetwork(item, url)
    const next = this.#ready
    const body = new URLSearchParams(new FormData(item.querySelector("form")))
    if (next) body.set("showing", next.dataset.review)
    item.querySelector("draft-keeper").finish()
    this.#isBusy = true
    this.#ready = null
    if (next) this.#show(next)
    else item.setAttribute("aria-busy", "true")
    const response = await this.#post(url, body)
    const html = (await response?.text().catch(() => "")) ?? ""
    item.removeAttribute("aria-busy")
    this.#isBusy = false
    if (response?.ok) return this.#onFinished(item, next, html, isDecline)
    this.#held = null
    this.#takeBack(item, next)
    if (!response) this.#waitForNetwork(item, url)
    else if (response.status === 409 || response.status === 422) this.#show(parsed(html).item)
    else this.#sayFailed()
  }

  #onFinished(item, next, html, isDecline) {
    const { item: after, progress } = parsed(html)
    this.#done = item
    if (!next && after) this.#show(after)
    else this.#ready = after
    if (progress) this.querySelector("#progress").replaceWith(progress)
    this.#showToast(word(isDecline ? "declined" : "submitted"))
    if (!next) this.#getReady()
    const held = this.#held
    this.#held = null
    if (held?.isConnected) this.#form.requestSubmit(held)
  }

  /** The server did not take it: the item is up again, and the next one waits. */
  #takeBack(item, next) {
    if (next) this.#ready = next
    if (this.#item !== item) this.#show(item)
    item.querySelector("draft-keeper").finish(false)
  }

  #waitForNetwork(item, url) {
    item.querySelector("draft-keeper").say("offline")
    const again = () => {
      clearTimeout(timer)
      removeEventListener("online", again)
      if (this.#item === item && !this.#isBusy) this.#finish(url, url.includes("/decline/"))
    }
    const timer = setTimeout(again, RETRY_MS)
    addEventListener("online", again)
  }

  #sayFailed() {
    this.#form?.querySelector("draft-keeper")?.say("failed", word("failed"))
  }

  #post(url, body) {
    body.set("csrfmiddlewaretoken", this.dataset.csrf)
    return fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null)
  }

  /** Have the next item handed out while this one is read. */
  async #getReady() {
    const isWorking = this.#item?.dataset.status === "in_progress"
    if (!isWorking || this.#ready) return
    const body = new URLSearchParams({ showing: this.#item.dataset.review })
    const response = await this.#post(this.dataset.handOut, body)
    if (response?.status !== 200) return
    const { item } = parsed(await response.text())
    // It may be up by now: submitting was quicker, and brought the same one.
    if (item && !this.#ready && item.dataset.review !== this.#item?.dataset.review) this.#ready = item
  }

  #show(item, progress) {
    if (!item) return
    this.#slot.replaceChildren(item)
    if (this.#ready?.dataset.review === item.dataset.review) this.#ready = null
    if (progress) this.querySelector("#progress").replaceWith(progress)
    const reading = item.querySelector(".reading, .nothing__box")
    reading?.scrollTo(0, 0)
    reading?.focus({ preventScroll: true })
    this.#onShown()
  }

  #onShown = () => {
    printKeys(this)
    for (const link of this.querySelectorAll("[data-go]")) {
      const url = new URL(link.href)
      if (this.#item?.dataset.review) url.searchParams.set("from", this.#item.dataset.review)
      link.href = url
    }
  }

  #showToast(text) {
    const toast = this.querySelector("[data-toast]")
    toast.querySelector("[data-toast-text]").textContent = text
    toast.hidden = false
    clearTimeout(this.#toastTimer)
    this.#toastTimer = setTimeout(() => this.#hideToast(), UNDO_MS)
  }

  #hideToast() {
    this.querySelector("[data-toast]").hidden = true
  }

  // Private: keys and clicks

  #onKey = (event) => {
    const action = actionOf(event)
    if (!action || event.repeat) return
    const dialog = this.querySelector("dialog[open]")
    if (dialog) return
    const did = this.#do(action, event)
    if (did) event.preventDefault()
  }

  /** Do what a key asks for; true when it was something. No key acts while the next item loads. */
  #do({ name, digit }, event) {
    const decline = this.#item?.querySelector("[data-decline]")
    if (name === "escape") return this.#leave(decline)
    if (name === "undo") return this.undo(), true
    if (name === "keys") return this.#showKeys(), true
    if (name === "guidelines") return this.#toggleGuidelines(), true
    if (name === "back" || name === "forward") return this.querySelector(`[data-go="${name}"]`).click(), true
    if (this.#isLoading || !this.#questions) return false
    if (name === "submit") return this.submit(), true
    if (name === "enter") return !event.target.closest("a, button, summary, label") && this.#questions.write()
    if (name === "up" || name === "down") return this.#questions.move(name === "up" ? -1 : 1), true
    if (name === "evidence") return this.#item.querySelector("quote-picker").take()
    if (name === "ideal") return this.#questions.startIdeal(), true
    if (name === "decline") return decline && ((decline.open = !decline.open), true)
    if (name === "choose") return decline?.open ? this.#declineBy(decline, digit) : this.#choose(digit)
    return false
  }

  #choose(digit) {
    const did = this.#questions.choose(digit)
    if (did && "single" in this.#item.dataset) this.submit()
    return did
  }

  #declineBy(decline, digit) {
    const reason = decline.querySelectorAll("input[type=radio]")[digit - 1]
    if (reason) reason.checked = true
    if (reason && reason.value !== "other") decline.querySelector("[data-decline-submit]").click()
    else if (reason) decline.querySelector(".field").focus()
    return Boolean(reason)
  }

  #leave(decline) {
    if (decline?.open) decline.open = false
    document.activeElement?.blur?.()
    return true
  }

  #onClick = (event) => {
    const target = event.target
    const decline = this.#item?.querySelector("[data-decline]")
    if (decline?.open && !decline.contains(target)) decline.open = false
    if (target.closest("[data-undo]")) this.undo()
    if (target.closest("[data-show-keys]")) this.#showKeys()
    if (target.closest("[data-guidelines]")) event.preventDefault(), this.#toggleGuidelines()
  }

  #onChange = (event) => {
    const isOnly = "single" in (this.#item?.dataset ?? {}) && event.target.name?.startsWith("answer-")
    if (isOnly && event.isTrusted && event.target.checked) this.submit()
  }

  #toggleGuidelines() {
    const panel = this.querySelector("#guidelines")
    if (!panel) return
    panel.hidden = !panel.hidden
    this.classList.toggle("review--guided", !panel.hidden)
    localStorage.setItem(GUIDELINES, panel.hidden ? "" : "open")
  }

  async #showKeys() {
    const { showKeySheet } = await import("elements/key-sheet")
    showKeySheet(this.querySelector("[data-keys]"), () => printKeys(this))
  }

  async #fitScreen() {
    const isNarrow = innerWidth <= 900
    const wantsGuidelines = localStorage.getItem(GUIDELINES) === "open"
    if (wantsGuidelines && !isNarrow && this.querySelector("#guidelines")?.hidden) this.#toggleGuidelines()
    if (!isNarrow) return
    const { makePullable } = await import("elements/question-sheet")
    makePullable(this)
  }
}

/** The parts of an answer: an item or the reason why there is none, and the progress. */
function parsed(html) {
  const page = new DOMParser().parseFromString(html, "text/html")
  const [item, progress] = [page.querySelector(".review__item"), page.querySelector("#progress")]
  return { item: item && document.importNode(item, true), progress: progress && document.importNode(progress, true) }
}

customElements.define("review-page", ReviewPage)
