"""OTLP over gRPC: the same intake as over HTTP, under gRPC's names for what can go wrong.

gRPC unpacks compressed messages itself, and refuses those over the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import grpc
from django.conf import settings
from django.db import OperationalError, connections
from google.protobuf.message import Message

from accounts.token_sign_in import user_of_authorization
from traces.ingest.admission import HELD, Overloaded, holding
from traces.ingest.answers import logs_answer, trace_answer
from traces.ingest.checkpoints import CHECKPOINTS
from traces.ingest.logs_protobuf import read_logs_protobuf
from traces.ingest.otlp import BadBody, Batch, LogBatch
from traces.ingest.otlp_protobuf import read_protobuf
from traces.ingest.taking import experiment_of, store_batch, store_log_batch
from traces.models import Experiment

WORKERS = 32  # requests at once; of them INGEST_CONCURRENCY are stored, and the others refused
SERVICE = "opentelemetry.proto.collector.{0}.v1.{1}Service"
B = TypeVar("B", Batch, LogBatch)


class Refused(Exception):
    """A request that is not taken, and why."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def make_server(address: str) -> tuple[grpc.Server, int]:
    """Return a server that is not started yet, and the port it got."""
    server = grpc.server(
        ThreadPoolExecutor(WORKERS), options=[("grpc.max_receive_message_length", settings.INGEST_MAX_BYTES)]
    )
    for service, handler in (
        (SERVICE.format("trace", "Trace"), _handler(read_protobuf, store_batch, trace_answer)),
        (SERVICE.format("logs", "Logs"), _handler(read_logs_protobuf, store_log_batch, logs_answer)),
    ):
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": handler})])
    return server, server.add_insecure_port(address)


def _handler(
    read: Callable[[bytes], B], store: Callable[[Experiment, B], object], answer: Callable[[B], Message]
) -> grpc.RpcMethodHandler:
    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            with HELD.place(), holding(len(body)):
                experiment = _experiment(dict(context.invocation_metadata()))
                batch = read(body)
                if batch.is_refused:
                    raise BadBody(batch.message)
                store(experiment, batch)
                CHECKPOINTS.stored(len(body))
        except Refused as refused:
            context.abort(refused.code, str(refused))
        except BadBody as problem:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(problem))
        except Overloaded as overloaded:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"{overloaded} Nothing was stored; send it again.")
        except OperationalError:  # the database is busy or away: the exporter tries again
            context.abort(grpc.StatusCode.UNAVAILABLE, "The database is busy. Nothing was stored; send it again.")
        finally:
            connections.close_all()  # there is no request whose end would see to it
        return answer(batch).SerializeToString()

    return grpc.unary_unary_rpc_method_handler(export)


def _experiment(metadata: dict[str, str | bytes]) -> Experiment:
    """Return the experiment that this sender may send to; raise Refused."""
    authorization = str(metadata.get("authorization", ""))
    user = user_of_authorization(authorization)
    if user is None and (authorization or not settings.INGEST_WITHOUT_TOKEN):
        raise Refused(grpc.StatusCode.UNAUTHENTICATED, "Send an API token: authorization: Bearer …")
    if user is not None and not user.reads_traces:
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "This token's person may not send traces.")
    experiment = experiment_of(str(metadata.get("x-mlflow-experiment-id", "0")))
    if experiment is None:
        raise Refused(grpc.StatusCode.NOT_FOUND, "No experiment has the id of x-mlflow-experiment-id.")
    return experiment
