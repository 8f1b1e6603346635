"""Files of runs and of logged models, as clients put them there; nothing here reads them."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Length
from django.http import HttpResponse

from mlflow_bridge.rest.call import Call, developer
from mlflow_bridge.rest.errors import invalid, missing
from mlflow_bridge.rest.models import LoggedModel, Run, StoredFile
from traces.ingest.unpacking import Readable, read_all

Said = dict[str, Any]
LONGEST = 250


def put(call: Call) -> HttpResponse:
    place, path = place_in(call), path_in(call)
    content = read_all(cast(Readable, call.request), settings.INGEST_MAX_BYTES)
    StoredFile.objects.update_or_create(place=place, path=path, defaults={"content": content})
    return HttpResponse()


def get(call: Call) -> HttpResponse:
    path = path_in(call)
    found = StoredFile.objects.filter(place=place_in(call), path=path).first()
    if found is None:
        raise missing(f"No such artifact: '{path:.60}'")
    return HttpResponse(bytes(found.content), content_type="application/octet-stream")


def delete(call: Call) -> Said:
    """Delete a file, or a folder with all that is in it."""
    path = path_in(call)
    StoredFile.objects.filter(Q(path=path) | Q(path__startswith=f"{path}/"), place=place_in(call)).delete()
    return {}


def listing(call: Call, place: str, folder: str) -> Said:
    """List what is directly in a folder. Of a file there is nothing in it, as in MLflow."""
    checked(call, place)
    inside = f"{folder}/" if folder else ""
    files = StoredFile.objects.filter(place=place, path__startswith=inside)
    sizes: dict[str, int | None] = {}
    for path, size in files.order_by("path").values_list("path", Length("content")):
        name, is_deeper, _ = path.removeprefix(inside).partition("/")
        sizes[name] = None if is_deeper else size
    told = [
        {"path": name, "is_dir": True} if size is None else {"path": name, "is_dir": False, "file_size": size}
        for name, size in sizes.items()
    ]
    return {"files": told} if told else {}


def place_in(call: Call) -> str:
    model_id = call.text("model_id", "")
    return checked(call, f"models/{model_id}" if model_id else call.text("run_id"))


def checked(call: Call, place: str) -> str:
    """Return the place, if there is such a run or model. Raises: ApiError."""
    developer(call)
    kind, _, model_id = place.rpartition("/")
    exists = LoggedModel.objects.filter(pk=model_id).exists() if kind else Run.objects.filter(pk=place).exists()
    if not exists:
        raise missing(f"There is no run or model '{place:.60}' to keep files of.")
    return place


def path_in(call: Call) -> str:
    """Raises: ApiError."""
    path = call.text("artifact").strip("/")
    if not path or len(path) > LONGEST or ".." in path.split("/"):
        raise invalid("Invalid artifact path.")
    return path
