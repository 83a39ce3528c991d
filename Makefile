# Two commands matter: `make run` and `make test`. Everything lies in .venv and var.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MO := $(patsubst %.po,%.mo,$(wildcard dlstart_web/locale/*/LC_MESSAGES/django.po))  # languages, as they are read
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --no-warn-script-location
# Some fifty processes start in `make test`; without bytecode each would compile all of ours anew.
unexport PYTHONDONTWRITEBYTECODE
# Where a machine has no libgomp of its own, scikit-learn's copy serves (dlstart_web/openmp.py).
export LD_LIBRARY_PATH := $(CURDIR)/$(VENV)/lib/openmp$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))

.PHONY: run setup test test-long services bench lint clean help

run: $(VENV)/.installed $(MO)  ## web, worker and reaper on PORT (8000)
	@exec $(BIN)/dlstart run --tied

setup: $(VENV)/.installed-dev $(MO)  ## only install: .venv with the tools and the console script .venv/bin/dlstart
	@echo "Installed. The console script is $(BIN)/dlstart."

test: $(VENV)/.installed-dev $(MO)  ## the whole suite in its short form
	$(BIN)/python -m pytest

test-long: $(VENV)/.installed-dev $(MO)  ## races, kills and state machines in full number
	$(BIN)/python -m pytest -m long

services: $(VENV)/.installed-dev $(MO)  ## the suite on PostgreSQL and Redis (DATABASE_URL, DLSTART_BROKER_URL)
	@.ci/services $(BIN)/python -m pytest
	@.ci/services $(BIN)/python -m pytest -m long tests/test_canary.py tests/test_migrations.py

bench: $(VENV)/.installed-dev $(MO)  ## figures as ratios
	$(BIN)/python -m bench

lint: $(VENV)/.installed-dev  ## style, types, templates, who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy
	$(BIN)/dlstart manage makemigrations --check --dry-run
	$(BIN)/dlstart manage spectacular --validate --fail-on-warn --file /dev/null

clean:  ## remove .venv and caches; var, with the data, stays
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

%.mo: %.po | $(VENV)/.installed
	@$(BIN)/python -m dlstart_web.languages

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("dlstart needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Each lock is installed with its hashes, and again only when it changed; the project itself comes without its needs.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing what dlstart needs into $(VENV); the first time takes a minute or two."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m dlstart_web.openmp
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the tools of the tests."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
