"""Django's admin under the product's content security policy: any violation or script error fails the test."""

from __future__ import annotations

from django.contrib import admin
from playwright.sync_api import expect

from accounts.models import Role, User


def test_an_admin_makes_a_person_without_a_password(page, sign_in, db):
    root = User.objects.create_user("root@example.org", name="Root", role=Role.ADMIN)
    sign_in(page, root.email)
    page.goto("/admin/")
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Add person").click()

    page.get_by_label("E-mail").fill("nurse@example.org")
    page.get_by_label("Role").select_option("expert")
    page.get_by_label("Disabled").check()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert not User.objects.get(email="nurse@example.org").has_usable_password()


def test_every_list_opens(page, sign_in, db):
    root = User.objects.create_user("root@example.org", name="Root", role=Role.ADMIN)
    sign_in(page, root.email)
    page.goto("/admin/")
    lists = [link.get_attribute("href") for link in page.locator("th[scope=row] a").all()]
    assert len(lists) == len(admin.site._registry)

    for address in lists:
        page.goto(address)
        expect(page.locator("#changelist")).to_be_visible()
