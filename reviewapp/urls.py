from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from reviewapp import views

handler400 = views.bad_request

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("", include("mlflow_bridge.rest.routes")),  # first: programs ask most often
    path("accounts/", include("accounts.urls")),
    path("labeling/", include("labeling.urls")),
    path("chat/", include("chat.urls")),
    path("datasets/", include("quality.urls")),
    path("settings/mlflow/", include("mlflow_bridge.urls")),
    path("", include("traces.urls")),
    path("admin/", admin.site.urls),
]
