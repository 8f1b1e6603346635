"""What a connection signs in with: what was entered in its form, else what the environment says of its server.

The environment names its server, as for MLflow's own client; its password or token goes there, and never elsewhere.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from mlflow_bridge.models import Connection
from reviewapp.lib.sealing import unseal

DATABRICKS = (".databricks.com", ".azuredatabricks.net", ".databricks.us", ".databricks.azure.cn")


def credentials_of(connection: Connection) -> tuple[str, str]:
    """Return user name and secret; without a name the secret is a token. Raises: CannotOpen."""
    if connection.has_secret or connection.username:
        return connection.username, unseal(connection.sealed_secret)
    origin = origin_of(connection.tracking_uri)
    if settings.DATABRICKS_HOST and origin == origin_of(with_scheme(settings.DATABRICKS_HOST)):
        return "", settings.DATABRICKS_TOKEN
    if settings.MLFLOW_TRACKING_URI and origin == origin_of(settings.MLFLOW_TRACKING_URI):
        if settings.MLFLOW_TRACKING_USERNAME:
            return settings.MLFLOW_TRACKING_USERNAME, settings.MLFLOW_TRACKING_PASSWORD
        return "", settings.MLFLOW_TRACKING_TOKEN
    return "", ""


def takes_from_environment(connection: Connection) -> bool:
    return not (connection.has_secret or connection.username) and credentials_of(connection) != ("", "")


def is_databricks(connection: Connection) -> bool:
    host = urlsplit(connection.tracking_uri).hostname or ""
    return host.endswith(DATABRICKS)


def with_scheme(host: str) -> str:
    return host if "://" in host else f"https://{host}"


def origin_of(address: str) -> str:
    """Return scheme, host and port; empty for what is no address."""
    parts = urlsplit(address.strip())
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""
