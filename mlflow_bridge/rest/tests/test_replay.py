"""The traffic of the official client with a real server, replayed: our answers are the same, field by field."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import ApiToken, Role, User
from mlflow_bridge.rest.tests.replaying import Difference, Replay
from traces.models import Experiment

# Where ours differ, and why: a pattern of "<call> <place>".
DIFFERENCES = {
    r" (sqlstate|error_class)$": "which the client does not read",
    r" message$": "words for people; the codes are the same",
    r"^(exp|fluent)\S* .*(creation|last_update)_time$": "the server's clock",
    r" (assessment|.*assessments\[\d+\])\.last_update_time$": "the server's clock",
    r"^ls\.\S* .*(created_at|last_updated_at)$": "the server's clock",
    r"^(ls|rq)\.\S* .*created_by$": "who made a question or a queue is known here",
    r"^rq\.\S* .*(creation|last_update|completed)_time_ms$": "the server's clock",
    r"^genai\.scorer\.register .*creation_time$": "the server's clock",
    r"^active_model .*_timestamp_ms$": "the server's clock",
    r" .*(request|response)_preview$": "ours is what a person reads, not the JSON around it",
    r"^(trace\.\S+|genai\.evaluate) trace\.trace_info\.tags\.(x|src|p|mlflow\.eval\.\w+)$": "what is said is answered",
    r"^trace\.in_progress\.get_partial .*execution_duration$": "how long is not known while it runs",
    r"tr-2bde74a68da04636e682cf3b03de840c.*\.execution_duration$": "as the client says, not as its spans round",
    r"^attachment\.\S+ (presigned|features)_": "what is not served is not offered",
    r"^search\.filter:trace\.text ": "text is question and answer, not every span",
    r"^search\.filter:span\.attributes\.custom = ": "an attribute is compared as text; theirs finds none by =",
    r"^search\.order_by:(tags|metadata)\S* .*order$": "traces without the tag come first",
    r"^search\.order_by:name .*order$": "a trace of which only spans came is named like its root",
    r"^tag\.set\.missing_trace (status|error_code)$": "404, where theirs shows its database's error",
    r"^ds\.\S+ dataset\S*\.digest$": "another digest, which changes as theirs does",
    r"^ds\.\S+ \S*\.schema$": "the kinds of values are not told",
    r"^ds\.\S+ .*(created|last_update)_time$": "the server's clock",
    r"^ds\.\S+ .*(created_by|last_updated_by)$": "the token's person, not a name that the client gives",
    r"^ds\.\S+ records\.order$": "in the order of their coming",
    r"^err\.unknown_endpoint ": "JSON with the client's own code, where theirs is a page",
    r"^run\.search runs\[\d\]\.outputs$": "empty",
    r"^ls\.update label_schema\.instruction$": "empty",
    r" .*\.trace_metadata\.mlflow\.trace\.cost$": "there is no table of prices here",
    r" .*attributes\[mlflow\.llm\.cost\]\.": "there is no table of prices here",
    r" .*\.trace_metadata\.mlflow\.trace_schema\.version$": "spans alone have it here too",
    r" .*\.tags\.service\.name$": "the resource stays with the spans",
    r" .*\.tags\.mlflow\.trace\.spansLocation$": "always told, so that the client sends no file beside the spans",
    r" .*\.trace_metadata\.mlflow\.sourceRun$": "a linked trace says so in its metadata",
    r" runs?\S*\.(run_name|data\.tags\[mlflow\.runName\])$": "a name that the server invents",
    r"^otlp\.(no_experiment_header|bad_content_type|empty|missing_experiment) ": "OTLP is every exporter's",
    r"^search\.filter:(trace\.trace_id|trace_id|trace\.session_id|experiment_id)": "our grammar knows more keys",
    r"^ls\.(list\.empty|update\.default|delete\.default) ": "no question is asked unless somebody makes it",
}


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_answers_are_the_real_servers():
    Experiment.objects.get_or_create(pk=0, defaults={"name": "Default"})
    admin = User.objects.create_user("dana@example.org", name="Dana Roth", role=Role.ADMIN)
    for person in ("ann@x.org", "dan"):  # one finishes an item, the other owns a queue
        User.objects.create_user(person)
    replay = Replay(Client(), ApiToken.objects.issue(user=admin, name="test"))
    replay.run()
    reasons = {reason_of(each) for each in replay.differences}
    unexplained = [f"{each}" for each in replay.differences if not reason_of(each)]
    assert not unexplained, "\n".join(unexplained)
    assert reasons == {*DIFFERENCES.values()}
    assert replay.n_calls > 350
    assert replay.n_equal > 10_000


def reason_of(each: Difference) -> str:
    place = f"{each.call} {each.place}"
    return next((why for pattern, why in DIFFERENCES.items() if re.search(pattern, place)), "")
