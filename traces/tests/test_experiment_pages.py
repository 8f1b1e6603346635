"""/settings/experiments/: what is masked, what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from traces.models import DailyCount, Experiment, Trace

pytestmark = pytest.mark.django_db

EMAIL = {"kind": "email"}
MAIL = "anna@example.org"


@pytest.fixture
def claims(db) -> Experiment:
    return Experiment.objects.create(name="claims", redaction=[EMAIL])


def address(box: Experiment, deed: str = "") -> str:
    return f"/settings/experiments/{box.pk}/{deed}"


def test_the_list_says_what_each_does(client_of, mallory, claims):
    claims.keep_days = 30
    claims.save()
    page = client_of(mallory).get("/settings/experiments/").content.decode()
    assert "masks by 1 rule" in page
    assert "keeps 30 days" in page


def test_rules_are_saved_by_a_plain_form(mallory, claims):
    client = Client(enforce_csrf_checks=True)
    client.force_login(mallory, backend="accounts.backends.PasswordBackend")
    client.get(address(claims))
    data = {"card": "on", "custom": "policy = POL-\\d{5}\n\n", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}

    response = client.post(address(claims, "masking/"), data)

    assert (response.status_code, response["Location"]) == (302, address(claims))
    claims.refresh_from_db()
    assert claims.redaction == [{"kind": "card"}, {"kind": "regex", "name": "policy", "pattern": "POL-\\d{5}"}]
    assert "policy = POL-\\d{5}" in client.get(address(claims)).content.decode()
    assert client.post(address(claims, "masking/"), {"card": "on"}).status_code == 403  # without the token


def test_trying_shows_what_would_be_masked_and_saves_nothing(client_of, mallory, claims):
    data = {"try": "1", "custom": "policy = POL-\\d{5}", "email": "on", "sample": f"<b>{MAIL}</b> has POL-12345"}
    response = client_of(mallory).post(address(claims, "masking/"), data)

    assert response.status_code == 200
    assert "&lt;b&gt;[e-mail]&lt;/b&gt; has [policy]" in response.content.decode()
    claims.refresh_from_db()
    assert claims.redaction == [EMAIL]


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        ("ok = x\nloop = (?=a)", "Line 2: Looking around"),
        ("open = (", "Line 1: It is no regular expression"),
        ("nothing = a*", "Line 1: It matches where nothing is"),
        ("slow = a.*x|[A-Z]", "Line 1: It would take too long"),
        ("POL", "Line 1: write a name"),
        ("[x] = a", "Line 1: a name has letters"),
        ("a = x\nA = y", "Line 2: the name “A” is taken"),
        ("card = x", "Line 1: the name “card” is taken"),
        ("\n".join(f"r{n} = x{n}" for n in range(21)), "At most 20 rules"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_in_words_and_nothing_is_saved(client_of, mallory, claims, custom, said):
    response = client_of(mallory).post(address(claims, "masking/"), {"custom": custom})
    assert response.status_code == 422
    assert said in response.content.decode()
    claims.refresh_from_db()
    assert claims.redaction == [EMAIL]


def make_traces(box: Experiment, n: int, *, days: int) -> None:
    moment = timezone.now() - timedelta(days=days)
    for number in range(n):
        trace_id = f"tr-{days:016x}{number:016x}"
        Trace.objects.create(trace_id=trace_id, experiment=box, request_time=moment, created_at=moment)


def test_how_many_would_go_is_counted_and_nothing_is_saved(client_of, mallory, claims):
    make_traces(claims, 3, days=40)
    make_traces(claims, 2, days=1)
    response = client_of(mallory).post(address(claims, "keeping/"), {"preview": "1", "keep_days": "30"})

    assert "3 traces would go now." in response.content.decode()
    claims.refresh_from_db()
    assert claims.keep_days is None
    assert Trace.objects.count() == 5


def test_how_long_traces_are_kept_is_saved(client_of, mallory, claims):
    data = {"keep_days": "30", "keep_traces": "1000", "deletes_assessed": "on", "deletes_needed": "on"}
    assert client_of(mallory).post(address(claims, "keeping/"), data).status_code == 302
    claims.refresh_from_db()
    assert (claims.keep_days, claims.keep_traces) == (30, 1000)
    assert (claims.deletes_assessed, claims.deletes_needed) == (True, True)


@pytest.mark.parametrize(
    "data", [{"keep_days": "0"}, {"keep_traces": "-1"}, {"keep_days": "x"}, {"keep_days": "9" * 12}]
)
def test_keeping_nothing_is_refused(client_of, mallory, claims, data):
    assert client_of(mallory).post(address(claims, "keeping/"), data).status_code == 422
    claims.refresh_from_db()
    assert (claims.keep_days, claims.keep_traces) == (None, None)


def test_counts_are_shown(client_of, mallory, claims):
    today = timezone.now().date()
    DailyCount.objects.create(experiment=claims, deed="masked", label="e-mail", day=today, n=12345)
    DailyCount.objects.create(experiment=claims, deed="deleted", label="age", day=today, n=678)
    page = client_of(mallory).get(address(claims)).content.decode()
    assert "12,345" in page
    assert "678" in page


def test_developers_read_and_do_not_change(client_of, dana, claims):
    client = client_of(dana)
    page = client.get(address(claims))
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    assert client.post(address(claims, "masking/"), {}).status_code == 403
    assert client.post(address(claims, "keeping/"), {}).status_code == 403


def test_for_experts_there_is_nothing(client_of, alice, claims):
    client = client_of(alice)
    assert client.get("/settings/experiments/").status_code == 404
    assert client.get(address(claims)).status_code == 404
    assert client.post(address(claims, "masking/"), {}).status_code == 404
    assert client.post(address(claims, "keeping/"), {}).status_code == 404


def test_nobody_is_sent_to_sign_in(client, claims):
    assert client.get(address(claims))["Location"].startswith("/accounts/")


def test_an_unknown_experiment_is_404(client_of, mallory):
    assert client_of(mallory).get("/settings/experiments/99999/").status_code == 404


@pytest.mark.parametrize(("deed", "method"), [("", "post"), ("masking/", "get"), ("keeping/", "get")])
def test_the_wrong_method_is_405(client_of, mallory, claims, deed, method):
    assert getattr(client_of(mallory), method)(address(claims, deed)).status_code == 405


def test_the_page_takes_few_queries(client_of, mallory, claims, django_assert_max_num_queries):
    client = client_of(mallory)
    client.get(address(claims))
    with django_assert_max_num_queries(10):
        client.get(address(claims))
