"""MLflow's REST API, as the official client speaks it: `routes.py` is the table of what is served."""
