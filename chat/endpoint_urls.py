"""/chat/endpoints/: where managers connect applications and say who may talk to them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter

from chat.asking import About
from chat.views import endpoint_people, endpoint_tests, endpoints
from labeling.views.arranging import arranging_urls


class AboutConverter:
    """What questions are about, in an address."""

    regex = "|".join(About.values)

    def to_python(self, value: str) -> About:
        return About(value)

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(AboutConverter, "about")

one_endpoint_urls: list[URLPattern | URLResolver] = [  # /chat/endpoints/<id>/
    path("", endpoints.endpoint, name="endpoint"),
    path("preview/", endpoints.endpoint_preview, name="endpoint-preview"),
    path("request/", endpoint_tests.preview_request, name="endpoint-request"),
    path("test/", endpoint_tests.test_endpoint, name="endpoint-test"),
    path("find-out/", endpoint_tests.find_out_protocol, name="endpoint-find-out"),
    path("check-link/", endpoint_tests.check_link, name="endpoint-check-link"),
    path("suggestions/", endpoints.suggest, name="endpoint-suggestions"),
    path("copy/", endpoints.copy_endpoint, name="endpoint-copy"),
    path("archive/", endpoints.archive_endpoint, name="endpoint-archive"),
    path("restore/", endpoints.restore_endpoint, name="endpoint-restore"),
    path("audience/", endpoint_people.set_audience, name="endpoint-audience"),
    path("people/find/", endpoint_people.find_people, name="endpoint-people-find"),
    path("people/add/", endpoint_people.let_in, name="endpoint-people-add"),
    path("people/remove/", endpoint_people.let_out, name="endpoint-people-remove"),
    path("questions/<about:about>/", include(arranging_urls(endpoints.endpoint_place, "endpoint-question"))),
]

endpoint_urls: list[URLPattern | URLResolver] = [
    path("", endpoints.endpoints, name="endpoints"),
    path("new/", endpoints.new_endpoint, name="endpoint-new"),
    path("request/", endpoint_tests.preview_request, name="endpoint-new-request"),
    path("find-out/", endpoint_tests.find_out_protocol, name="endpoint-new-find-out"),
    path("<uuid:endpoint_id>/", include(one_endpoint_urls)),
]
