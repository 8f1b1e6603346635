from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chat.models import Endpoint
from traces.models import Experiment


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.ENDPOINT_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


def create_endpoint(*arguments: str) -> Endpoint:
    out = StringIO()
    call_command("create_endpoint", *arguments, stdout=out)
    return Endpoint.objects.get(pk=out.getvalue().strip())


BASIC = ("Claims", "--protocol", "openai-chat", "--url", "http://127.0.0.1:9/v1")


def test_it_makes_an_endpoint_and_prints_its_id(db):
    endpoint = create_endpoint(*BASIC)
    assert (endpoint.name, endpoint.version, endpoint.protocol) == ("Claims", "", "openai-chat")
    assert (endpoint.url, endpoint.model, endpoint.has_secret) == ("http://127.0.0.1:9/v1", "", False)
    assert (endpoint.experiment.name, endpoint.is_for_everybody) == ("Default", False)


def test_it_takes_everything_there_is_to_say(alice, bob):
    endpoint = create_endpoint(
        *BASIC, "--version", "v2", "--model", "m", "--secret", "sk-new", "--experiment", "claims", "--everybody",
        "--person", alice.email, "--person", "BOB@example.org",
    )  # fmt: skip
    assert (endpoint.version, endpoint.model, endpoint.target().secret) == ("v2", "m", "sk-new")
    assert endpoint.experiment == Experiment.objects.get(name="claims")
    assert endpoint.is_for_everybody
    assert set(endpoint.people.all()) == {alice, bob}


@pytest.mark.parametrize("protocol", Endpoint.Protocol.values)
def test_every_protocol_has_its_name(db, protocol):
    assert create_endpoint("X", "--protocol", protocol, "--url", "http://127.0.0.1:9").protocol == protocol


def test_same_name_and_version_is_changed_and_the_rest_is_kept(alice):
    first = create_endpoint(
        *BASIC, "--model", "m", "--secret", "sk-1", "--experiment", "claims", "--person", alice.email
    )
    second = create_endpoint("Claims", "--protocol", "ollama", "--url", "http://127.0.0.1:9/")
    assert (second.pk, second.protocol, second.model) == (first.pk, "ollama", "m")
    assert (second.target().secret, second.experiment.name, list(second.people.all())) == ("sk-1", "claims", [alice])
    other = create_endpoint(*BASIC, "--version", "v2")
    assert other.pk != first.pk


def test_experiment_is_named_or_numbered(db):
    claims = Experiment.objects.create(name="claims")
    assert create_endpoint(*BASIC, "--experiment", str(claims.pk)).experiment == claims
    assert create_endpoint(*BASIC, "--experiment", "987654321").experiment.name == "987654321"


def test_kept_secret_is_not_sent_to_another_server(db):
    create_endpoint(*BASIC, "--secret", "sk-1")
    with pytest.raises(CommandError, match="Enter the secret again"):
        create_endpoint("Claims", "--protocol", "openai-chat", "--url", "http://127.0.0.2:9/v1")
    assert Endpoint.objects.get().url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("url", ["http://10.0.0.1/v1", "http://[::1]:9/v1"])
def test_private_address_is_refused_unless_it_is_allowed(db, url):
    with pytest.raises(CommandError, match="Address: .*ENDPOINT_PRIVATE_ADDRESSES"):
        create_endpoint("Claims", "--protocol", "openai-chat", "--url", url)
    assert not Endpoint.objects.exists()


def test_address_that_is_none(db):
    with pytest.raises(CommandError, match="starts with https://"):
        create_endpoint("Claims", "--protocol", "openai-chat", "--url", "example.org")


def test_unknown_protocol(db):
    with pytest.raises(CommandError, match="invalid choice: 'grpc'"):
        create_endpoint("Claims", "--protocol", "grpc", "--url", "http://127.0.0.1:9")


def test_unknown_person(db):
    with pytest.raises(CommandError, match=r"nobody with the e-mail x@example\.org"):
        create_endpoint(*BASIC, "--person", "x@example.org")
    assert not Endpoint.objects.exists()


def test_the_secret_is_in_no_message(db):
    with pytest.raises(CommandError) as refused:
        create_endpoint("Claims", "--protocol", "openai-chat", "--url", "nowhere", "--secret", "sk-very-secret")
    assert "sk-very-secret" not in str(refused.value)
