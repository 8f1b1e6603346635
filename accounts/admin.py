"""People and tokens in Django's admin."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import ApiToken, User
from accounts.sign_in_links import sign_in_link

MAX_LINKS = 20  # a page of links that somebody still hands out by hand

admin.site.site_header = _("Review App administration")
admin.site.site_title = _("Review App administration")
admin.site.index_title = _("Everything there is")
admin.site.unregister(Group)  # roles stand in their place


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "role")


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People. Who gets no password comes in by link: the action makes one."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("email", "name", "role", "is_active", "last_login", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    date_hierarchy = "created_at"
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "role", "is_active")}),
        (_("Sign-in"), {"fields": ("password", "last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "role")}),
        (
            _("Sign-in"),
            {
                "fields": ("usable_password", "password1", "password2"),
                "description": _("Without a password a person comes in by link: make one with the action in the list."),
            },
        ),
    )
    actions = ("make_sign_in_links",)

    @admin.action(description=_("Make a one-time sign-in link for each"))
    def make_sign_in_links(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = list(queryset.filter(is_active=True)[: MAX_LINKS + 1])
        for person in people[:MAX_LINKS]:
            self.message_user(request, format_html("{}: {}", person.email, sign_in_link(person)), messages.SUCCESS)
        if len(people) > MAX_LINKS:
            says = ngettext("Only the first %d link was made.", "Only the first %d links were made.", MAX_LINKS)
            self.message_user(request, says % MAX_LINKS, messages.WARNING)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens can be seen and revoked; only their hash is kept, so none can be made by hand."""

    list_display = ("__str__", "user", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("created_at", "last_used_at")
    search_fields = ("name", "hint", "user__email", "user__name")
    date_hierarchy = "created_at"
    readonly_fields = ("user", "name", "hint", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
