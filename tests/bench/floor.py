"""The floor: the least that a Django view under uvicorn does to take a label.

No sign-in, no middleware, no checks: it inserts three rows in one transaction and renders a page of
`FLOOR_BYTES` characters. Its database is set up as the product's is.
"""

from __future__ import annotations

import os

import django
from django.conf import settings

from reviewapp import settings as product

PARAGRAPH = "The cost of finding the source of the leak is covered “up to EUR 6,000”, <but> no more."
TEMPLATE = "<!doctype html>{% for text in texts %}<p>{{ text }}</p>{% endfor %}"

settings.configure(
    SECRET_KEY=product.SECRET_KEY,
    ALLOWED_HOSTS=["*"],
    DATABASES=product.DATABASES,
    ROOT_URLCONF=__name__,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.cached.Loader",
                     [("django.template.loaders.locmem.Loader", {"floor.html": TEMPLATE})]),
                ],
            },
        }
    ],
    USE_TZ=True,
)  # fmt: skip
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402  (needs the settings)
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


class Row(models.Model):
    name = models.CharField(max_length=250)
    value = models.JSONField()
    rationale = models.TextField()

    class Meta:
        app_label = "floor"
        db_table = "bench_floor"

    def __str__(self) -> str:
        return self.name


DRAWN = len(PARAGRAPH) + 13  # <p>…</p>, and two characters escaped
TEXTS = [PARAGRAPH] * (int(os.environ.get("FLOOR_BYTES", "40000")) // DRAWN)


def label(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("comment", "")
    with transaction.atomic():
        Row.objects.bulk_create([Row(name=name, value=True, rationale=text) for name in ("correct", "kind", "ideal")])
    return render(request, "floor.html", {"texts": TEXTS})


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def make_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    connection.close()


urlpatterns = [path("label", label), path("readyz", ready)]
if "bench_floor" not in connection.introspection.table_names():
    make_table()
application = get_asgi_application()
