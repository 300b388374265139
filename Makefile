# make run: Linnet on this computer. make test, make check: what a change has to pass. README.md says more.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMPS = $(VENV)/.installed
TEST_ARGS ?=
TEST_WORKERS ?= 2

# Settings like those of a server, for the checks that only matter there. Nothing listens at these addresses.
PRODUCTION_LIKE = SECRET_KEY=only-for-the-system-checks-0123456789-abcdefghijklmnopqrstuvwxyz \
	ALLOWED_HOSTS=linnet.example.org LINNET_BEHIND_PROXY=1 \
	DATABASE_URL=postgres://linnet@127.0.0.1/linnet REDIS_URL=redis://127.0.0.1:6379/0
IN_MEMORY = SECRET_KEY=only-for-the-check-of-the-migrations DATABASE_URL=sqlite://:memory:

.PHONY: help install run test check pictures bench bench-pages bench-growth chaos bench-engine clean

help:
	@echo "make run           run Linnet on this computer (installs it first)"
	@echo "make install       install it into $(VENV), speech models included"
	@echo "make test          run all tests, two at a time; TEST_ARGS='-k microphone' runs some, TEST_WORKERS=0 one by one"
	@echo "make check         format, lint, types, layers, settings, migrations"
	@echo "make pictures      every page in its states, into tests/browser/screenshots/"
	@echo "make bench         what a session costs the server"
	@echo "make bench-pages   what pages, the reaper and starting cost; make bench-growth draws what growth costs"
	@echo "make chaos         break everything for a while, and see that nothing is lost (SEED= SECONDS=)"
	@echo "make bench-engine  how well and how fast the engine listens"

install: $(STAMPS)/voice

run: install
	$(BIN)/python manage.py quickstart

test: $(STAMPS)/test
	$(BIN)/python -m pytest -rs -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

check: $(STAMPS)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PRODUCTION_LIKE) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(IN_MEMORY) $(BIN)/python manage.py makemigrations --check --dry-run

pictures: $(STAMPS)/test
	$(BIN)/python -m tests.browser.pictures

bench: $(STAMPS)/test
	$(BIN)/python -m benchmarks.server

bench-pages: $(STAMPS)/test
	$(BIN)/python -m benchmarks.pages

bench-growth: $(STAMPS)/test
	$(BIN)/python -m benchmarks.growth

chaos: $(STAMPS)/test
	$(BIN)/python -m benchmarks.chaos $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS))

bench-engine: $(STAMPS)/test
	$(BIN)/python -m benchmarks.engine

clean:
	rm -rf $(VENV) build staticfiles *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# What is installed is remembered by files that are older than pyproject.toml as soon as that changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Linnet needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/voice: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[voice]"
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[voice,postgres,production,test]"
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/voice

$(STAMPS)/dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[voice,postgres,production,test,dev]"
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/voice $(STAMPS)/test
