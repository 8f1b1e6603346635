.PHONY: setup run test bench
PY := .venv/bin/python
