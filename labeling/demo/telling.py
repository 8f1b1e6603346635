"""A story as the spans that an instrumented application would have sent, after OpenInference.

The agent (or chain) at the root searches, calls its tools one by one, each asked for by a call of the model, and
answers with a last call. Ids and durations follow from the story's key: the same in every database.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

from labeling.demo.stories import HERE, Assistant, Story, ToolCall
from traces.ingest.incoming import IncomingSpan

SCOPE = "openinference.instrumentation"
CHARACTERS_A_TOKEN = 4
TOKENS_A_SECOND = 70
PICTURE = re.compile(r"data:image/[^)]+")
MIME_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
Attributes = dict[str, Any]


def spans_of(assistant: Assistant, story: Story, started: datetime) -> list[IncomingSpan]:
    """Return the spans of the story, the root first; it begins at `started`."""
    return Teller(assistant, story, started).tell()


class Teller:
    """Writes the spans one after the other while its clock runs."""

    def __init__(self, assistant: Assistant, story: Story, started: datetime) -> None:
        self.assistant = assistant
        self.story = story
        self.trace_id = sha256(f"{assistant.experiment}/{story.key}".encode()).hexdigest()[:32]
        self.clock_ns = int(started.timestamp() * 1e9)
        self.spans: list[IncomingSpan] = []
        self.messages: list[Attributes] = [text_message("system", assistant.system)]
        for turn in story.history:
            self.messages += [text_message("user", turn["user"]), text_message("assistant", turn["assistant"])]
        self.messages.append(question_of(story))

    def tell(self) -> list[IncomingSpan]:
        story = self.story
        answer = with_images(story.answer)
        kind = "AGENT" if story.tools else "CHAIN"
        with self.span(self.assistant.service, kind, {"input.value": story.question, "output.value": answer}):
            if story.documents:
                self.search()
            for number, call in enumerate(story.tools, start=1):
                self.use(call, f"call_{self.trace_id[:8]}{number}")
            self.call_model(text_message("assistant", answer), is_last=True)
        return self.spans

    def search(self) -> None:
        found: Attributes = {"input.value": self.story.question}
        for n, passage in enumerate(self.story.documents):
            document = f"retrieval.documents.{n}.document."
            found[document + "id"] = passage.doc_id
            found[document + "content"] = passage.text
            found[document + "score"] = passage.score
            found[document + "metadata"] = json.dumps({"title": passage.title, "url": passage.url}, ensure_ascii=False)
        with self.span("search_sources", "RETRIEVER", found):
            self.pass_time("search", 0.08, 0.3)

    def use(self, call: ToolCall, call_id: str) -> None:
        """Let the model ask for a tool, and the tool do its work or fail."""
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        self.call_model(tool_message(call.name, arguments, call_id))
        result = f"Error: {call.error}" if call.error else as_text(call.result)
        did: Attributes = {"tool.name": call.name, "input.value": arguments, "input.mime_type": "application/json"}
        if not call.error:
            did |= {"output.value": result, "output.mime_type": mime_type_of(call.result)}
        with self.span(call.name, "TOOL", did, error=call.error):
            least = 10.0 if "Timeout" in call.error else 0.15
            self.pass_time(call_id, least, least + 0.9)
        self.messages.append({**text_message("tool", result), "tool_call_id": call_id, "name": call.name})

    def call_model(self, said: Attributes, *, is_last: bool = False) -> None:
        prompt, completion = tokens_in(*self.messages), tokens_in(said)
        call: Attributes = {
            "llm.model_name": self.assistant.model,
            "llm.token_count.prompt": prompt,
            "llm.token_count.completion": completion,
            "llm.token_count.total": prompt + completion,
        }
        for side, messages in (("input", self.messages), ("output", [said])):
            for n, message in enumerate(messages):
                call |= {f"llm.{side}_messages.{n}.message.{name}": value for name, value in message.items()}
        failure = self.story.error if is_last else {}
        with self.span("chat", "LLM", call, error=f"{failure['type']}: {failure['message']}" if failure else ""):
            self.pass_time(f"model {len(self.messages)}", 0.4, 1.1)
            self.clock_ns += int(completion / TOKENS_A_SECOND * 1e9)
        self.messages.append(said)

    @contextmanager
    def span(self, name: str, kind: str, attributes: Attributes, error: str = "") -> Iterator[None]:
        """Open a span under the one that is open; it ends with the block."""
        story, is_root = self.story, not self.spans
        span = IncomingSpan(
            trace_id=self.trace_id,
            span_id=sha256(f"{self.trace_id}/{len(self.spans)}".encode()).hexdigest()[:16],
            parent_id="" if is_root else self.spans[0].span_id,
            name=name,
            scope=SCOPE,
            start_time_ns=self.clock_ns,
            attributes={"openinference.span.kind": kind, **self.about_user(), **attributes},
            resource={"service.name": self.assistant.service, "deployment.environment": "production"},
        )
        self.spans.append(span)
        self.clock_ns += 2_000_000
        yield
        self.clock_ns += 1_000_000
        span.end_time_ns = self.clock_ns
        error = error or (f"{story.error['type']}: {story.error['message']}" if is_root and story.error else "")
        span.status, span.status_message = ("ERROR", error) if error else ("OK", "")
        span.events = [self.exception(error)] if error else []

    def about_user(self) -> Attributes:
        return {"session.id": f"conversation-{self.trace_id[:10]}", "user.id": self.story.user}

    def exception(self, error: str) -> dict[str, Any]:
        kind, _, message = error.partition(": ")
        about = {"exception.type": kind, "exception.message": message}
        return {"name": "exception", "time_unix_nano": self.clock_ns, "attributes": about}

    def pass_time(self, what: str, least_s: float, most_s: float) -> None:
        share = int(sha256(f"{self.trace_id}/{what}".encode()).hexdigest()[:8], 16) / 2**32
        self.clock_ns += int((least_s + share * (most_s - least_s)) * 1e9)


def text_message(role: str, text: str) -> Attributes:
    return {"role": role, "content": text}


def tool_message(name: str, arguments: str, call_id: str) -> Attributes:
    call = "tool_calls.0.tool_call."
    return {
        "role": "assistant",
        call + "id": call_id,
        call + "function.name": name,
        call + "function.arguments": arguments,
    }


def question_of(story: Story) -> Attributes:
    if not story.image:
        return text_message("user", story.question)
    return {
        "role": "user",
        "contents.0.message_content.type": "text",
        "contents.0.message_content.text": story.question,
        "contents.1.message_content.type": "image",
        "contents.1.message_content.image.image.url": data_uri(story.image),
    }


def with_images(answer: str) -> str:
    """Put the pictures that the markdown names, files in images/, into it."""
    for path in (HERE / "images").iterdir():
        if f"({path.name})" in answer:
            answer = answer.replace(f"({path.name})", f"({data_uri(path.name)})")
    return answer


def data_uri(name: str) -> str:
    content = b64encode((HERE / "images" / name).read_bytes()).decode()
    return f"data:{MIME_TYPES[name.rsplit('.', 1)[-1]]};base64,{content}"


def as_text(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def mime_type_of(result: Any) -> str:
    return "text/plain" if isinstance(result, str) else "application/json"


def tokens_in(*messages: Attributes) -> int:
    """Estimate the tokens, pictures left out."""
    texts = (PICTURE.sub("", value) for message in messages for value in message.values())
    return sum(map(len, texts)) // CHARACTERS_A_TOKEN
