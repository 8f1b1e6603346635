"""Files that spans name: drawn where they are harmless, downloaded where not, and only for who may read the trace."""

from __future__ import annotations

import pytest

from traces import access, attachments
from traces.dialects.blocks import parts_of
from traces.dialects.exchanges import answers_in
from traces.models import Trace
from traces.reading.media import media_of
from traces.reading.rendering import render_markdown
from traces.reading.values import outline

ID = "1cd0886c-a063-4247-8e17-b5a1dd6a7450"
PNG = b"\x89PNG\r\n\x1a\n0123456789"


@pytest.fixture
def trace(make_trace) -> Trace:
    return make_trace(7)


@pytest.fixture(autouse=True)
def kept(monkeypatch) -> dict[tuple[str, str], bytes]:
    """The files of another room."""
    files: dict[tuple[str, str], bytes] = {("tr-" + f"{7:032x}", ID): PNG}
    monkeypatch.setattr(attachments, "OPENERS", [lambda trace_id, attachment_id: files.get((trace_id, attachment_id))])
    return files


def reference(mime_type: str = "image%2Fpng", trace_id: str = "tr-" + f"{7:032x}") -> str:
    return f"mlflow-attachment://{ID}?content_type={mime_type}&trace_id={trace_id}&size=18"


def address(trace: Trace, mime_type: str = "image/png") -> str:
    return f"/traces/{trace.pk}/attachments/{ID}/?type={mime_type}"


def test_an_image_is_shown_from_our_own_origin_and_nothing_in_it_runs(client_of, dana, trace):
    answer = client_of(dana).get(address(trace))
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, PNG, "image/png")
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("mime_type", ["text/html", "image/svg%2Bxml", "application/pdf", "nonsense", ""])
def test_anything_else_is_downloaded_whatever_it_claims_to_be(client_of, dana, trace, mime_type):
    answer = client_of(dana).get(address(trace, mime_type))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [("bytes=0-3", 206, PNG[:4]), ("bytes=8-", 206, PNG[8:]), ("bytes=99-", 416, b""), ("pages=1", 200, PNG),
     ("bytes=-5", 200, PNG), ("bytes=1-2,4-5", 200, PNG)],
)  # fmt: skip
def test_a_player_may_ask_for_a_part(client_of, dana, trace, wanted, status, content):
    answer = client_of(dana).get(address(trace, "audio/wav"), headers={"range": wanted})
    assert (answer.status_code, answer.content) == (status, content)


def test_a_file_that_is_not_kept_is_404(client_of, dana, trace, kept):
    kept.clear()
    assert client_of(dana).get(address(trace)).status_code == 404


def test_an_expert_sees_the_files_of_what_they_may_read_and_no_other(client_of, alice, trace, monkeypatch):
    assert client_of(alice).get(address(trace)).status_code == 404
    monkeypatch.setattr(access, "RULES", [lambda user, trace_id: trace_id == trace.pk])
    assert client_of(alice).get(address(trace)).status_code == 200


def test_nobody_is_sent_to_sign_in(client, trace):
    assert client.get(address(trace)).status_code == 302


@pytest.mark.parametrize(
    ("mime_type", "kind"), [("image%2Fpng", "image"), ("audio%2Fwav", "audio"), ("image%2Fsvg%2Bxml", "file")]
)
def test_a_value_that_is_a_file_and_nothing_else_is_read_as_that(mime_type, kind):
    (part,) = parts_of(reference(mime_type))
    assert (part.kind, part.url) == (kind, reference(mime_type))


def test_a_file_in_a_message_is_drawn_or_offered(trace):
    (image,) = parts_of(reference())
    assert media_of(image).src == f"/traces/{trace.pk}/attachments/{ID}/?type=image%2Fpng"
    (pdf,) = parts_of(reference("application%2Fpdf"))
    assert (media_of(pdf).src, media_of(pdf).file) == (
        "", f"/traces/{trace.pk}/attachments/{ID}/?type=application%2Fpdf",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [reference()[:-60] + "...", reference(trace_id="../../x"), "mlflow-attachment://x?content_type=a", "x"]
)
def test_a_reference_that_was_cut_is_a_text(wrong):
    assert parts_of(wrong)[0].kind == "text"


def test_what_a_model_said_aloud_has_its_words():
    message = {
        "role": "assistant",
        "content": None,
        "audio": {"data": reference("audio%2Fwav"), "transcript": "Hello."},
    }
    ((part,),) = [answer.parts for answer in answers_in({"choices": [{"message": message}]})]
    assert (part.kind, part.text, part.url) == ("audio", "Hello.", reference("audio%2Fwav"))


def test_what_a_model_drew_is_its_answer():
    ((part,),) = [
        answer.parts for answer in answers_in({"data": [{"b64_json": reference(), "revised_prompt": "A logo."}]})
    ]
    assert (part.kind, part.text, part.url) == ("image", "A logo.", reference())


def test_an_outline_draws_images_and_leads_to_other_files(trace):
    drawn = outline({"picture": reference(), "manual": reference("application%2Fpdf")})
    assert f'<img src="/traces/{trace.pk}/attachments/{ID}/?type=image%2Fpng"' in drawn
    assert f'<a href="/traces/{trace.pk}/attachments/{ID}/?type=application%2Fpdf"' in drawn


def test_markdown_draws_no_image_of_another_server():
    html = render_markdown(f"![x](//evil.example/traces/tr-{'0' * 32}/attachments/{ID}/?type=a)")
    assert "<img" not in html
