from __future__ import annotations

from django.urls import include, path

from mlflow_bridge import dataset_views, views

app_name = "mlflow_bridge"

# /settings/mlflow/<connection>/
connection_urls = [
    path("", views.connection, name="connection"),
    path("check/", views.check_connection, name="connection-check"),
    path("deliver/", views.deliver_again, name="connection-deliver"),
    path("datasets/<str:dataset_id>/send/", dataset_views.send_dataset, name="send-dataset"),
]

urlpatterns = [
    path("", views.connections, name="connections"),
    path("new/", views.new_connection, name="connection-new"),
    path("<uuid:connection_id>/", include(connection_urls)),
]
