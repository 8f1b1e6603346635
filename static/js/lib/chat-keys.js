/** The keys of the chat, for lib/keys. */

export const CHAT_KEYS = {
  stored: "reviewapp.chat.keys",
  letters: { new: "n", again: "r", better: "e", evidence: "q", made: "h", above: "k", below: "j" },
  fixed: {
    "/": "search",
    "+": "good",
    "-": "bad",
    "−": "bad",
    "[": "back",
    "]": "forward",
    ArrowLeft: "back",
    ArrowRight: "forward",
    Enter: "enter",
    "?": "keys",
  },
}
