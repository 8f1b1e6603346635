"""Which experiments are taken over, and into which of ours."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from mlflow_bridge.models import Connection
from mlflow_bridge.pulling.models import RemoteExperiment
from mlflow_bridge.server import MlflowServer
from traces.models import Experiment

LONGEST = 250  # characters of our names


def experiments_of(server: MlflowServer, connection: Connection) -> list[RemoteExperiment]:
    """Return those to take over, made here where they are new; of all that are active, those that were named.

    Raises: ServerError; NotThere for one that was named and does not exist.
    """
    known = {each.remote_id: each for each in connection.experiments.select_related("experiment", "connection")}
    if connection.experiment_ids:
        wanted = {
            str(each): known[str(each)].name if str(each) in known else server.name_of_experiment(str(each))
            for each in connection.experiment_ids
        }
    else:
        wanted = server.all_experiments()
    return [known.get(remote_id) or made(connection, remote_id, name) for remote_id, name in wanted.items()]


@transaction.atomic
def made(connection: Connection, remote_id: str, name: str) -> RemoteExperiment:
    """Make a room for an experiment's traces, under its name there; where that is taken, with the server's."""
    for wanted in names_for(connection, remote_id, name):
        experiment, is_new = Experiment.objects.get_or_create(name=wanted)
        if is_new:
            return RemoteExperiment.objects.create(
                connection=connection, remote_id=remote_id, name=name[:500], experiment=experiment
            )
    raise AssertionError("names do not end")


def names_for(connection: Connection, remote_id: str, name: str) -> Iterator[str]:
    base = name.strip()[: LONGEST - 60] or remote_id
    yield base
    yield f"{base} ({connection.name[:40]})"
    number = 2
    while True:
        yield f"{base} ({connection.name[:40]} {number})"
        number += 1
