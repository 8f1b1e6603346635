from __future__ import annotations

from django.urls import include, path

from mlflow_bridge import dataset_views, views, views_of_questions

app_name = "mlflow_bridge"

# /settings/mlflow/<connection>/
connection_urls = [
    path("", views.connection, name="connection"),
    path("check/", views.check_connection, name="connection-check"),
    path("pull/", views.pull_now, name="connection-pull"),
    path("pause/", views.pause, name="connection-pause"),
    path("deliver/", views.deliver_again, name="connection-deliver"),
    path("conflicts/<int:number>/", views.settle, name="connection-settle"),
    path("questions/<int:number>/", views_of_questions.questions, name="connection-questions"),
    path("datasets/<str:dataset_id>/send/", dataset_views.send_dataset, name="send-dataset"),
]

urlpatterns = [
    path("", views.connections, name="connections"),
    path("new/", views.new_connection, name="connection-new"),
    path("<uuid:connection_id>/", include(connection_urls)),
]
