# Everything a person or CI calls. What each does in detail stands in scripts/.
.PHONY: help setup run test lint bench messages

help:
	@echo "make run       set up and start, with demo data, on http://127.0.0.1:8000 (HOST, PORT)"
	@echo "make setup     only install, into .venv"
	@echo "make test      set up and run every check and test"
	@echo "make lint      the checks without the tests"
	@echo "make bench     the benchmarks, as ratios to a floor (BENCH=\"label page\")"
	@echo "make messages  collect the strings for translators into locale/ (LOCALE=de)"

setup:
	@scripts/setup

run:
	@scripts/setup
	@exec .venv/bin/python scripts/run.py

test:
	@scripts/test

lint:
	@scripts/setup --dev
	@scripts/lint

bench:
	@scripts/setup --dev
	@scripts/system-packages chromium postgresql redis
	@scripts/with-services .venv/bin/python -m tests.bench $(BENCH)

messages:
	@scripts/setup
	@scripts/system-packages gettext
	@mkdir -p locale
	@.venv/bin/python manage.py makemessages --locale $(or $(LOCALE),en) --no-location --ignore '.venv/*' --ignore 'var/*'
