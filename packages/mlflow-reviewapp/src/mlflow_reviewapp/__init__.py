"""MLflow's labeling API against a Review App server.

Nothing has to be called: MLflow finds the store by its entry point. See the package's README.
"""

from __future__ import annotations

import mlflow.genai.labeling  # noqa: F401  first: it loads the store, which needs it

from mlflow_reviewapp.hard_wired import reroute
from mlflow_reviewapp.schemas import ReviewAppLabelSchema
from mlflow_reviewapp.server import NotAReviewApp
from mlflow_reviewapp.store import ReviewAppLabelingStore

__all__ = ["NotAReviewApp", "ReviewAppLabelSchema", "ReviewAppLabelingStore"]

reroute()
