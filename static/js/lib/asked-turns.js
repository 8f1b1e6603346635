/**
 * What was asked and not yet taken by the server. It is asked again after a reconnect, under the same id,
 * so that nothing is lost and nothing is asked twice.
 */

import { send, wordsIn } from "lib/sending"

export class AskedTurns {
  #socket
  #url
  #onRefused
  #asked = new Map() // by the id of the turn

  /**
   * @param {import("lib/chat-socket").ChatSocket} socket
   * @param {string} url  where messages with images go: those are too large for a socket
   * @param {(turn: string, message: string) => void} onRefused
   */
  constructor(socket, url, onRefused) {
    this.#socket = socket
    this.#url = url
    this.#onRefused = onRefused
  }

  get isEmpty() {
    return !this.#asked.size
  }

  /** @param {{op: string, turn: string, files?: File[]}} asked */
  ask(asked) {
    this.#asked.set(asked.turn, asked)
    this.#submit(asked)
  }

  askAgain() {
    for (const asked of this.#asked.values()) this.#submit(asked)
  }

  /** The server has it, or never will; returns what was asked. */
  forget(turn) {
    const asked = this.#asked.get(turn)
    this.#asked.delete(turn)
    return asked
  }

  #submit({ files, ...asked }) {
    if (files?.length) this.#post(asked, files)
    else this.#socket.send(asked)
  }

  async #post({ turn, parent, message }, files) {
    const body = new FormData()
    for (const [name, value] of Object.entries({ turn, parent: parent ?? "", message })) body.set(name, value)
    for (const file of files) body.append("images", file)
    const response = await send(this.#url, body)
    if (response && !response.ok) this.#onRefused(turn, wordsIn(await response.text()))
  }
}
