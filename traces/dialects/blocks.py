"""The pieces of a message: every vendor's content blocks as `Part`.

A block says its kind in `type` (OpenAI, Anthropic, GenAI conventions, LangChain), `block_type`
(LlamaIndex) or `part_kind` (pydantic-ai), or by the name of its one member (Bedrock, Haystack,
Gemini).
What is unknown becomes a `data` part: shown, not lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traces.attachments import read_reference
from traces.dialects.decoding import as_dict, decoded, text_of
from traces.dialects.spans import Json, Part, PartKind

Block = dict[str, Any]


def parts_of(content: Json) -> list[Part]:
    """Read a message's content: nothing, a string, a block, or a list of strings and blocks."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [part_of_text(content)]
    if isinstance(content, list):
        return [part for item in content for part in parts_of(item)]
    if isinstance(content, dict):
        part = part_of(content)
        return [] if part.kind in TEXTS and not part.text else [part]
    return [Part("data", data=content)]


def part_of_text(text: str) -> Part:
    """Return a text, or the file that it names and nothing else."""
    named = read_reference(text) if text.startswith("mlflow-attachment:") else None
    return Part(named.kind, url=text, mime_type=named.mime_type) if named else Part("text", text=text)


def part_of(block: Block) -> Part:
    """Read one content block."""
    kind = block.get("type") or block.get("block_type") or block.get("part_kind")
    read = READERS.get(str(kind)) if kind else next((BY_MEMBER[key] for key in BY_MEMBER if key in block), None)
    return read(block) if read else Part("data", data=block)


def tool_call(name: Json, arguments: Json, call_id: Json) -> Part:
    """Make a tool call; arguments often come as a JSON string and are parsed once more, and none may mean {}."""
    data = {} if arguments is None or arguments == "" else decoded(arguments)
    return Part("tool_call", tool_name=text_of(name), data=data, call_id=text_of(call_id))


def tool_result(result: Json, call_id: Json, *, name: Json = "", is_error: bool = False) -> Part:
    """Make a tool's result; of a list of text blocks the text counts."""
    result = unwrapped(result)
    texts = [part.text for part in parts_of(result)] if isinstance(result, list) else []
    if texts and all(texts):
        result = "\n".join(texts)
    return Part(
        "tool_result",
        text=text_of(result),
        data=decoded(result),
        tool_name=text_of(name),
        call_id=text_of(call_id),
        is_error=is_error,
    )


def unwrapped(result: Json) -> Json:
    """Return what Bedrock's `[{"json": …}]` holds; anything else as it is."""
    if isinstance(result, list) and len(result) == 1 and isinstance(result[0], dict) and [*result[0]] == ["json"]:
        return result[0]["json"]
    return result


def _text(kind: PartKind) -> Callable[[Block], Part]:
    def read(block: Block) -> Part:
        return Part(kind, text=_first_text(block, "text", "content", "thinking", "reasoning", "refusal", "summary"))

    return read


def _first_text(block: Block, *keys: str) -> str:
    for key in keys:
        value = block.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list) and (texts := [part.text for part in parts_of(value) if part.text]):
            return "\n\n".join(texts)
    return ""


def _image(block: Block) -> Part:
    where = block.get("image_url") or block.get("source") or block.get("image") or block
    if not isinstance(where, dict):
        mime_type = text_of(block.get("image_mimetype") or block.get("mime_type"))
        return Part("image", url=_address(text_of(where), mime_type), mime_type=mime_type)
    mime_type = text_of(where.get("media_type") or where.get("mime_type") or block.get("image_mimetype"))
    address = where.get("url") or where.get("uri") or where.get("data") or where.get("content")
    return Part("image", url=_address(text_of(address), mime_type or "image/png"), mime_type=mime_type)


def spoken(sound: Block) -> Part:
    """Read what a model said aloud: OpenAI's `{data, transcript}` beside a message's content."""
    part = _audio({"audio": sound})
    part.text = text_of(sound.get("transcript"))
    return part


def drawn(images: list[Block]) -> list[Part]:
    """Read what a model drew: OpenAI's `[{b64_json or url, revised_prompt}]`."""
    return [
        Part("image", text=text_of(each.get("revised_prompt")), url=_address(text_of(address), "image/png"))
        for each in images
        if (address := each.get("b64_json") or each.get("url"))
    ]


def _audio(block: Block) -> Part:
    sound = block.get("input_audio") or block.get("audio") or block
    if not isinstance(sound, dict):
        return Part("audio", url=_address(text_of(sound), "audio/wav"), mime_type="audio/wav")
    mime_type = f"audio/{sound.get('format') or 'wav'}"
    return Part("audio", url=_address(text_of(sound.get("data") or sound.get("url")), mime_type), mime_type=mime_type)


def _file(block: Block) -> Part:
    file = block.get("file") or block.get("source") or block
    if not isinstance(file, dict):
        return Part("data", data=block)
    mime_type = text_of(file.get("media_type") or file.get("mime_type"))
    address = file.get("file_data") or file.get("data") or file.get("url") or file.get("file_url") or file.get("uri")
    name = text_of(file.get("filename") or file.get("title") or block.get("title") or file.get("file_id"))
    return Part("file", text=name, url=_address(text_of(address), mime_type), mime_type=mime_type)


def _by_media_type(block: Block) -> Part:
    """Read the GenAI conventions' `blob`, `uri` and `file`: the modality says what it is."""
    mime_type = text_of(block.get("mime_type"))
    modality = text_of(block.get("modality")) or mime_type.split("/")[0]
    kind: PartKind = "image" if modality == "image" else "audio" if modality == "audio" else "file"
    address = block.get("uri") or block.get("content") or block.get("data") or block.get("file_id")
    return Part(kind, url=_address(text_of(address), mime_type), mime_type=mime_type)


def _address(value: str, mime_type: str) -> str:
    """Return an address as it is, and bare base64 as a data: URI."""
    if not value or value.startswith(("data:", "http:", "https:", "mlflow-attachment:")):
        return value
    return f"data:{mime_type};base64,{value}"


def _tool_call(block: Block) -> Part:
    function = as_dict(block.get("function")) or block
    arguments = next((function[key] for key in ("arguments", "input", "args") if key in function), None)
    name = function.get("name") or function.get("tool_name") or block.get("toolName")
    call_id = block.get("call_id") or block.get("id") or block.get("tool_call_id") or block.get("toolCallId")
    return tool_call(name, arguments, call_id)


def _tool_result(block: Block) -> Part:
    result = next((block[key] for key in ("content", "response", "result", "output") if key in block), None)
    call_id = block.get("tool_use_id") or block.get("call_id") or block.get("tool_call_id") or block.get("id")
    failed = bool(block.get("is_error")) or block.get("status") == "error"
    return tool_result(result, call_id, name=block.get("name") or block.get("tool_name"), is_error=failed)


def _tool_result_of_ai_sdk(block: Block) -> Part:
    output = as_dict(block.get("output"))
    failed = text_of(output.get("type")).startswith("error")
    return tool_result(output.get("value"), block.get("toolCallId"), name=block.get("toolName"), is_error=failed)


def _tool_use_of_bedrock(block: Block) -> Part:
    call = as_dict(block.get("toolUse"))
    return tool_call(call.get("name"), call.get("input"), call.get("toolUseId"))


def _tool_result_of_bedrock(block: Block) -> Part:
    result = as_dict(block.get("toolResult"))
    failed = result.get("status") == "error"
    return tool_result(result.get("content"), result.get("toolUseId"), is_error=failed)


def _tool_call_of_haystack(block: Block) -> Part:
    call = as_dict(block.get("tool_call"))
    return tool_call(call.get("tool_name"), call.get("arguments"), call.get("id"))


def _tool_result_of_haystack(block: Block) -> Part:
    result = as_dict(block.get("tool_call_result"))
    call = as_dict(result.get("origin"))
    return tool_result(
        result.get("result"), call.get("id"), name=call.get("tool_name"), is_error=bool(result.get("error"))
    )


def _reasoning_of_haystack(block: Block) -> Part:
    return Part("reasoning", text=text_of(as_dict(block.get("reasoning")).get("reasoning_text")))


def _tool_call_of_gemini(block: Block) -> Part:
    call = as_dict(block.get("function_call") or block.get("functionCall"))
    return tool_call(call.get("name"), call.get("args"), call.get("id"))


def _tool_result_of_gemini(block: Block) -> Part:
    result = as_dict(block.get("function_response") or block.get("functionResponse"))
    return tool_result(result.get("response"), result.get("id"), name=result.get("name"))


def _data_of_gemini(block: Block) -> Part:
    where = as_dict(block.get("inline_data") or block.get("inlineData") or block.get("file_data"))
    mime_type = where.get("mime_type") or where.get("mimeType")
    return _by_media_type({**where, "mime_type": mime_type, "uri": where.get("file_uri")})


def _text_of_gemini(block: Block) -> Part:
    return Part("reasoning" if block.get("thought") is True else "text", text=_first_text(block, "text"))


TEXTS = frozenset({"text", "reasoning", "refusal"})
READERS: dict[str, Callable[[Block], Part]] = {
    "text": _text("text"),
    "input_text": _text("text"),
    "output_text": _text("text"),
    "summary_text": _text("text"),
    "reasoning": _text("reasoning"),
    "reasoning_text": _text("reasoning"),
    "thinking": _text("reasoning"),
    "refusal": _text("refusal"),
    "image": _image,
    "image_url": _image,
    "input_image": _image,
    "audio": _audio,
    "input_audio": _audio,
    "file": _file,
    "input_file": _file,
    "document": _file,
    "blob": _by_media_type,
    "uri": _by_media_type,
    "function": _tool_call,
    "function_call": _tool_call,
    "tool_call": _tool_call,
    "tool-call": _tool_call,
    "tool_use": _tool_call,
    "tool_result": _tool_result,
    "tool_call_response": _tool_result,
    "function_call_output": _tool_result,
    "tool-return": _tool_result,
    "tool-result": _tool_result_of_ai_sdk,
}
BY_MEMBER: dict[str, Callable[[Block], Part]] = {
    "toolUse": _tool_use_of_bedrock,
    "toolResult": _tool_result_of_bedrock,
    "tool_call": _tool_call_of_haystack,
    "tool_call_result": _tool_result_of_haystack,
    "reasoning": _reasoning_of_haystack,
    "function_call": _tool_call_of_gemini,
    "functionCall": _tool_call_of_gemini,
    "function_response": _tool_result_of_gemini,
    "functionResponse": _tool_result_of_gemini,
    "inline_data": _data_of_gemini,
    "inlineData": _data_of_gemini,
    "file_data": _data_of_gemini,
    "text": _text_of_gemini,
}
