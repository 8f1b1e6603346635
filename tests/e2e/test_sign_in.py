from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.models import User
from tests.e2e.accessibility import axe
from tests.e2e.conftest import PHONE
from tests.e2e.watching import fits


def test_link_signs_in_and_then_says_that_it_was_used(page, new_page, alice):
    out = StringIO()
    call_command("login_link", alice.email, stdout=out)
    link = out.getvalue().strip()

    page.goto(link)
    expect(page).to_have_url(page.url.split("/accounts")[0])
    page.locator("summary", has_text="You").click()
    expect(page.get_by_text("alice@example.org · Expert")).to_be_visible()

    another = new_page()
    another.goto(link)
    expect(another.get_by_role("heading", name="This link no longer works")).to_be_visible()
    axe(another)


def test_password_signs_in_and_the_button_signs_out(page, server):
    User.objects.create_user("erin@example.org", name="Erin Vale", password="correct horse battery")

    page.goto("/")
    page.get_by_label("E-mail").fill("erin@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/")

    page.locator("summary", has_text="You").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_wrong_password_is_said_and_the_address_stays(page, alice):
    page.goto("/accounts/sign-in/")
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill("not it")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(alice.email)
    axe(page)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_sign_in_page_is_for_everybody(new_page, color_scheme):
    page = new_page(viewport=PHONE, color_scheme=color_scheme)

    page.goto("/accounts/sign-in/")

    axe(page)
    fits(page)
