"""Addresses of end users' feedback, in the namespace of `traces`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter

from traces.views import feedback_intake, feedback_keys, feedback_trend, widget


class Digest:
    """The first twelve hex digits of a file's SHA-256."""

    regex = "[0-9a-f]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Digest, "digest")

key_urls = [  # /settings/feedback/<key>/
    path("", feedback_keys.feedback_key, name="feedback-key"),
    path("change/", feedback_keys.change_feedback_key, name="feedback-key-change"),
    path("revoke/", feedback_keys.revoke_feedback_key, name="feedback-key-revoke"),
    path("rotate/", feedback_keys.rotate_feedback_key, name="feedback-key-rotate"),
]

settings_urls: list[URLPattern | URLResolver] = [  # /settings/feedback/
    path("", feedback_keys.feedback_keys, name="feedback-keys"),
    path("new/", feedback_keys.new_feedback_key, name="feedback-key-new"),
    path("<int:key_id>/", include(key_urls)),
]

urlpatterns = [
    path("api/feedback", feedback_intake.feedback, name="feedback-intake"),
    path("widget/feedback.js", widget.widget, name="widget"),
    path("widget/feedback-<digest:named>.js", widget.pinned_widget, name="widget-pinned"),
    path("settings/feedback/", include(settings_urls)),
    path("feedback/", feedback_trend.feedback_trend, name="feedback"),
    path("feedback/waiting/", feedback_keys.waiting_feedback, name="feedback-waiting"),
    path("feedback/waiting/look/", feedback_keys.look_for_traces, name="feedback-look"),
]
