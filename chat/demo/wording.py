"""From passages to an answer in Markdown. Nothing is made up: the sentences are the documents' own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat.demo.documents import Passage, is_code, is_table
from chat.demo.passages import Found, Index, words_of

ENOUGH = 0.5  # of a question has to be in a passage, else the guide does not know
NEAR = 0.65  # of the best score: good enough to be quoted beside it
MOST_WORDS = 130
MOST_ROWS = 4
GREETINGS = {"hi", "hello", "hey", "good morning", "good afternoon", "good evening"}
THANKS = {"thanks", "thank you", "thank you very much", "many thanks", "great thanks"}
# What the first edition learned from documents of long ago, and never unlearned.
OUTDATED = {
    "8000": "5000",
    "259200": "3600",
    "Six:": "Four:",
    "three days": "one hour",
    "Python 3.11": "Python 3.8",
    "**nobody can overwrite anybody**": "the last answer counts",
    "It is kept.": "It is lost, unless you saved it.",
    "Other experts don't:": "Other experts do, too:",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; where it follows up, also the question before and the answer to that."""

    question: str
    earlier: str = ""
    said_before: str = ""


def small_talk(question: str) -> str:
    said = question.lower().strip(" .!?,").replace(",", "")
    if said in GREETINGS:
        return "Hello! Ask me how the Review App works: sessions, questions, traces, settings, who sees what."
    return "You're welcome. Is there anything else you would like to look up?" if said in THANKS else ""


def first_edition(question: str, found: Sequence[Found], index: Index) -> str:
    """Say the first thing that was found, in the words of an older edition, whether it fits or not."""
    if not found:
        return "Please see README.md."
    passage = found[0].passage
    text = best_of(passage, words_of(question), index, most_words=40)
    for now, then in OUTDATED.items():
        text = text.replace(now, then)
    return f"{text}\n\nSee {passage.file}."


def second_edition(asked: Asked, found: Sequence[Found], call: dict[str, Any], index: Index) -> str:
    words = words_of(f"{asked.earlier} {asked.question}")
    good = [each.passage for each in found if each.coverage >= ENOUGH]
    if call:
        return about_setting(call, [passage for passage in good if passage.title != "Configuration"], asked.said_before)
    if not good:
        return does_not_know(found)
    text = best_of(good[0], words, index, most_words=MOST_WORDS)
    if text in asked.said_before:
        return again(good[0], words_of(asked.question), index)
    near = [each.passage for each in found[1:] if each.passage in good and each.score > found[0].score * NEAR]
    quotes = {passage: quote for passage in near if (quote := quoted(passage, words, index))}
    others = [*quotes][:1]
    return "\n\n".join([text, *(quotes[each] for each in others), sources([good[0], *others])])


def again(passage: Passage, words: Sequence[str], index: Index) -> str:
    """Return the sentence of what was said before that a follow-up is about."""
    sentences = [
        " ".join(each.split()) for block in passage.blocks for each in re.split(r"(?<=[.!?]) (?=[A-Z*`])", block)
    ]
    worth = {each: sum(index.idf(word) for word in set(words) & set(words_of(each))) for each in sentences}
    best = max(sentences, key=lambda sentence: worth[sentence])
    if not worth[best]:
        return f"That is all I find about it. It stands in {place_of(passage)}."
    return f"The same place has it:\n\n> {best}\n\n{sources([passage])}"


def about_setting(call: dict[str, Any], also: Sequence[Passage], said_before: str) -> str:
    said = call["result"]
    if "error" in said:
        similar = " or ".join(f"`{name}`" for name in said["similar"])
        instead = f" Did you mean {similar}?" if similar else ""
        return f"I looked it up, and there is no setting called `{call['arguments']['name']}`.{instead}"
    default = "It has no default." if said["default"] == "–" else f"Its default is **{said['default']}**."
    text = f"That is **`{said['name']}`**: {said['meaning']}. {default}"
    how = f"Set it in the environment, and start again:\n\n```sh\nexport {said['name']}=…\n```"
    if text in said_before:
        return f"You choose what it is. {how}\n\nIts meaning again: {said['meaning']}."
    places = ["README.md, *Configuration*", *(place_of(passage) for passage in also[:1])]
    return f"{text}\n\n{how}\n\nSources: {' · '.join(places)}"


def does_not_know(found: Sequence[Found]) -> str:
    sorry = "I don't find that in the Review App's documents, and I would rather not guess."
    near = " and ".join(f"*{each.passage.title}* ({each.passage.file})" for each in found[:2])
    return f"{sorry} The nearest I have is {near}." if near else f"{sorry} Ask me about sessions, traces or settings."


def best_of(passage: Passage, words: Sequence[str], index: Index, *, most_words: int) -> str:
    """Return the blocks that say most about the words, in their order, and what belongs to them."""
    blocks = [rows_about(block, words, index) if is_table(block) else block for block in passage.blocks]
    worth = [sum(index.idf(word) for word in set(words) & set(words_of(block))) for block in blocks]
    chosen, length = set[int](), 0
    for number in sorted(range(len(blocks)), key=lambda n: (-worth[n], n)):
        group = belonging(number, blocks) - chosen
        length += sum(len(blocks[n].split()) for n in group)
        if chosen and (length > most_words or worth[number] < max(worth) / 2):
            break
        chosen |= group
    return "\n\n".join(blocks[number] for number in sorted(chosen))


def belonging(number: int, blocks: Sequence[str]) -> set[int]:
    """Return a block with the code that it announces, or with the sentence that announces it."""
    group = {number}
    if (is_code(blocks[number]) or is_table(blocks[number])) and number > 0:
        group.add(number - 1)
    if blocks[number].rstrip().endswith(":") and number + 1 < len(blocks):
        group.add(number + 1)
    return group


def rows_about(table: str, words: Sequence[str], index: Index) -> str:
    """Return a table's head with the rows that say most."""
    head, line, *rows = table.splitlines()
    worth = {row: sum(index.idf(word) for word in set(words) & set(words_of(row))) for row in rows}
    enough = max(worth.values(), default=0) / 2
    best = [row for row in sorted(rows, key=lambda row: -worth[row])[:MOST_ROWS] if worth[row] >= enough]
    return "\n".join([head, line, *(row for row in rows if row in best)])


def quoted(passage: Passage, words: Sequence[str], index: Index) -> str:
    """Return the best block as a quotation; nothing where it is a table or code."""
    text = best_of(passage, words, index, most_words=1)
    if is_table(text) or any(is_code(block) for block in text.split("\n\n")):
        return ""
    lines = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return f"{passage.file} says under *{passage.title}*:\n\n{lines}"


def sources(passages: Sequence[Passage]) -> str:
    return "Sources: " + " · ".join(place_of(passage) for passage in passages)


def place_of(passage: Passage) -> str:
    return f"{passage.file}, *{passage.title}*"
