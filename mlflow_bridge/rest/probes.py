"""What clients ask before anything else, without a token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

VERSION = "3.17.2"  # the release whose API this is; from 3.4 on clients send spans by OTLP
INFO = {
    "store_type": "SqlStore",
    "workspaces_enabled": False,
    "trace_archival_enabled": False,
    "multipart_uploads_enabled": False,
    "multipart_downloads_enabled": False,
    "presigned_upload_run_id_supported": False,
    "presigned_upload_model_id_supported": False,
    "features_enabled": {"gateway": False},
}


@require_safe
def version(request: HttpRequest) -> HttpResponse:
    return HttpResponse(VERSION, content_type="text/plain")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("OK", content_type="text/plain")


@csrf_exempt
@require_safe
def server_info(request: HttpRequest) -> HttpResponse:
    return JsonResponse(INFO)
