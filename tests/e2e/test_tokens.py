"""A developer makes a token, a program comes in with it, and no more once it is revoked."""

from __future__ import annotations

import httpx
from playwright.sync_api import expect

from accounts.models import Role, User
from tests.e2e.accessibility import axe


def status_of(server, secret: str) -> int:
    address = f"{server.url}/api/2.0/mlflow/experiments/search?max_results=1"
    return httpx.get(address, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_made_by_keyboard_used_and_revoked(server, page, sign_in):
    User.objects.create_user("dev@example.org", name="Dana Roth", role=Role.DEVELOPER)
    sign_in(page, "dev@example.org")
    page.goto("/")
    page.get_by_text("You", exact=True).locator("..").click()
    page.get_by_role("link", name="API tokens").click()

    page.get_by_label("What is it for?").press("Enter")
    expect(page.get_by_text("Name the program")).to_be_visible()
    page.get_by_label("What is it for?").fill("Nightly evaluation")
    page.keyboard.press("Enter")

    secret = page.get_by_label("Token", exact=True).input_value()
    axe(page)
    assert status_of(server, secret) == 200
    page.get_by_role("button", name="Revoke Nightly evaluation").click()
    expect(page.get_by_role("status")).to_contain_text("Revoked")
    assert status_of(server, secret) == 401
