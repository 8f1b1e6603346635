/** The answers that come: each is watched from where the page has it, and stopped when somebody wants that. */

import { AnswerStream } from "lib/answer-stream"

export class WatchedTurns {
  #socket
  #onDrawn
  #streams = new Map() // by the id of the turn
  #stopped = new Set() // ids

  /**
   * @param {import("lib/chat-socket").ChatSocket} socket
   * @param {() => void} onDrawn
   */
  constructor(socket, onDrawn) {
    this.#socket = socket
    this.#onDrawn = onDrawn
  }

  /** Take what comes: the server, which sent this article, goes on from it by itself. */
  hear(article) {
    const { turn } = article.dataset
    const known = this.#streams.get(turn)
    const stream = known?.isOf(article) ? known : new AnswerStream(article, this.#onDrawn)
    this.#streams.set(turn, stream)
    if (this.#stopped.has(turn)) this.stop(turn)
    return stream
  }

  /** Ask the server to go on from where the article is; after a reconnect too. */
  watch(article) {
    const { turn } = article.dataset
    const stream = this.hear(article)
    stream.draw()
    this.#socket.send({ op: "watch", turn, cursor: stream.cursor, blocks: stream.blocks })
  }

  take(frame) {
    this.#streams.get(frame.turn)?.take(frame)
  }

  /** Without a network it is stopped as soon as there is one. */
  stop(turn) {
    this.#stopped.add(turn)
    this.#socket.send({ op: "stop", turn })
  }

  /** It has ended, or nobody looks any more. */
  leave(turn) {
    this.#streams.get(turn)?.stop()
    this.#streams.delete(turn)
  }

  leaveAll() {
    for (const turn of [...this.#streams.keys()]) this.leave(turn)
  }
}
