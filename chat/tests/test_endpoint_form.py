"""What can be said about an endpoint, and what is refused with which words."""

from __future__ import annotations

import pytest

from chat.forms.endpoint import EndpointForm
from chat.models import Endpoint
from chat.setting_up import save
from chat.tests.filling import LOOPBACK, filled


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = LOOPBACK


def form_of(endpoint: Endpoint, **changes) -> EndpointForm:
    return EndpointForm(filled(endpoint, **changes), endpoint=endpoint)


def errors(endpoint: Endpoint, **changes) -> dict[str, list[str]]:
    form = form_of(endpoint, **changes)
    assert not form.is_valid()
    return {name: list(said) for name, said in form.errors.items()}


def saved(endpoint: Endpoint, **changes) -> Endpoint:
    form = form_of(endpoint, **changes)
    assert save(form), form.errors
    return Endpoint.objects.get(pk=endpoint.pk)


def test_form_sent_back_untouched_changes_nothing(endpoint):
    endpoint.parameters = {"temperature": 0.2, "stop": ["\n"], "tag": "a b", "version": "1.0", "nothing": None, "e": ""}
    endpoint.headers = {"X-Tenant": "claims"}
    endpoint.trace_id_paths, endpoint.trace_id_headers = ["meta.id"], ["x-run"]
    endpoint.options = {"secret_header": "x-api-key", "return_trace": False}
    endpoint.save()
    kept = Endpoint.objects.filter(pk=endpoint.pk).values().get()
    saved(endpoint)
    after = Endpoint.objects.filter(pk=endpoint.pk).values().get()
    assert {**kept, "updated_at": None} == {**after, "updated_at": None}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "required"),
        ("ftp://127.0.0.1/v1", "starts with https://"),
        ("javascript:alert(1)", "starts with https://"),
        ("127.0.0.1/v1", "starts with https://"),
        ("https://", "This is no address"),
        ("https://exa mple.org/", "This is no address"),
        ("https://127.0.0.1:99999/", "This is no address"),
        ("https://[::1", "This is no address"),
        ("https://me:pw@127.0.0.1/v1", "a key belongs in the secret"),
        ("https://127.0.0.1/v1#top", "what follows #"),
    ],
)
def test_address_that_is_none_is_refused_in_words(endpoint, url, words):
    assert words in errors(endpoint, url=url, secret="again")["url"][0]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/v1",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
    ],
)
def test_private_address_is_refused_with_what_to_do(endpoint, settings, url):
    settings.ENDPOINT_PRIVATE_ADDRESSES = []
    assert "ENDPOINT_PRIVATE_ADDRESSES" in errors(endpoint, url=url, secret="again")["url"][0]


def test_empty_secret_keeps_the_kept_one(endpoint):
    assert saved(endpoint, name="Other name").target().secret == "sk-very-secret"


def test_new_secret_takes_the_place_of_the_kept_one(endpoint):
    assert saved(endpoint, secret="sk-new").target().secret == "sk-new"


def test_secret_is_taken_away(endpoint):
    assert not saved(endpoint, removes_secret="on").has_secret


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.2:9/v1", "http://127.0.0.1:10/v1", "https://127.0.0.1:9/v1"],
    ids=["host", "port", "scheme"],
)
def test_secret_has_to_be_entered_again_for_another_server(endpoint, url):
    assert "Enter the secret again" in errors(endpoint, url=url)["secret"][0]
    assert saved(endpoint, url=url, secret="sk-other").target().secret == "sk-other"


def test_secret_does_not_follow_to_another_server_when_it_is_taken_away(endpoint):
    moved = saved(endpoint, url="http://127.0.0.2:9/v1", removes_secret="on")
    assert (moved.url, moved.has_secret) == ("http://127.0.0.2:9/v1", False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v2", "http://127.0.0.1:9/v1?key=2", "HTTP://127.0.0.1:9/v1"])
def test_secret_stays_with_its_server(endpoint, url):
    assert saved(endpoint, url=url).target().secret == "sk-very-secret"


def test_name_and_version_are_there_once(endpoint, claims):
    other = Endpoint(experiment=claims)
    typed = {"name": "Claims assistant", "version": "v2.3", "protocol": "ollama", "url": "http://127.0.0.1:9"}
    assert "already" in errors(other, **typed)["version"][0]
    assert saved(other, **{**typed, "version": "v2.4"}).protocol == "ollama"


def test_parameters_are_json_values_or_text(endpoint):
    typed = 'temperature: 0.2\nstop: ["\\n"]\nuser: claims team\nseed: null\nstream: false\n\nid: "7"'
    assert saved(endpoint, parameters=typed).parameters == {
        "temperature": 0.2, "stop": ["\n"], "user": "claims team", "seed": None, "stream": False, "id": "7",
    }  # fmt: skip


def test_parameters_are_one_json_object_too(endpoint):
    assert saved(endpoint, parameters='{"a": {"b": [1]}}').parameters == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("temperature: 0.2\nnonsense", "Line 2 is no “name: value”."),
        ('a: 1\nb: {"c": ', "Line 2: this JSON is not whole (line 1, column"),
        ('{"a": 1', "This JSON is not whole (line 1, column 8)."),
        ('{"a": NaN}', "NaN is no JSON"),
        ("{" * 100_000, "20000 characters"),
        ('{"a":' * 3_000, "not whole"),
        ("messages: []", "filled in from the conversation"),
    ],
)
def test_wrong_parameters_are_told_by_line(endpoint, typed, words):
    assert words in errors(endpoint, parameters=typed)["parameters"][0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("X Tenant: a", "can’t be the name of a header"),
        ("Host: evil.example", "set by the connection itself"),
        ("X-A: ok\nX-B: ünïcode", "Line 2"),
    ],
)
def test_wrong_headers_are_told(endpoint, typed, words):
    assert words in errors(endpoint, headers=typed)["headers"][0]


def test_plain_json_keeps_only_what_is_not_the_rule(endpoint):
    assert saved(endpoint, protocol="json").options == {}
    changes = {"request": '{"q": "{{question}}"}', "answer": "data.answer", "source": "title: meta.title"}
    options = saved(endpoint, protocol="json", **changes).options
    assert options == {
        "request": {"q": "{{question}}"},
        "answer": "data.answer",
        "source": {"title": "meta.title"},
    }


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"request": '{"q": "{{qestion}}"}'}, "request", "There is no {{qestion}}. There are: question"),
        ({"request": '{"q": '}, "request", "not whole"),
        ({"answer": "data answer"}, "answer", "A path is names"),
        ({"source": "name: a"}, "source", "There are: title, text"),
        ({"secret_header": "x key"}, "secret_header", "name of a header"),
    ],
)
def test_wrong_options_are_told(endpoint, changes, field, words):
    assert words in errors(endpoint, protocol="json", **changes)[field][0]


def test_options_of_a_protocol_that_is_not_chosen_are_no_hindrance(endpoint):
    assert saved(endpoint, request="{", answer="a b").options == {}


def test_test_of_the_past_is_forgotten_when_the_way_changes(endpoint):
    endpoint.last_test = {"message": "hi", "state": "complete"}
    endpoint.save()
    assert saved(endpoint, name="Another name", total_timeout_s=99).last_test
    assert saved(endpoint, secret="sk-new").last_test == {}


def test_questions_come_along_to_another_experiment(endpoint, claims):
    from chat.models import EndpointQuestion
    from labeling.models import LabelSchema
    from traces.models import Experiment

    correct = LabelSchema.objects.ask(
        experiment=claims, name="correct", type="feedback", title="Correct?", input={"pass_fail": {}}
    )
    EndpointQuestion.objects.create(endpoint=endpoint, schema=correct, position=1, is_required=True)
    moved = saved(endpoint, new_experiment="tax")
    assert moved.experiment == Experiment.objects.get(name="tax")
    question = moved.questions.get()
    assert (question.schema.experiment, question.schema.name) == (moved.experiment, "correct")
    assert question.is_required


def test_what_other_forms_save_meanwhile_stays(endpoint):
    form = form_of(endpoint, model="claims-2")
    Endpoint.objects.filter(pk=endpoint.pk).update(suggestions=["Am I covered?"], is_for_everybody=True)
    assert save(form)
    endpoint = Endpoint.objects.get(pk=endpoint.pk)
    assert (endpoint.model, endpoint.suggestions, endpoint.is_for_everybody) == ("claims-2", ["Am I covered?"], True)


def test_secret_is_always_saved_together_with_its_address(endpoint):
    """Of two managers at once the last one wins, with both: never one's secret at the other's address."""
    form = form_of(Endpoint.objects.get(pk=endpoint.pk), model="claims-2")
    saved(endpoint, url="http://127.0.0.2:9/v1", secret="sk-of-the-other")
    assert save(form)
    target = Endpoint.objects.get(pk=endpoint.pk).target()
    assert (target.url, target.secret) == ("http://127.0.0.1:9/v1", "sk-very-secret")
