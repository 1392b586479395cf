# Needs Python 3.11 with pip and nothing else. `make test` is what continuous integration runs.
#
# The tools live in .venv, or in the virtual environment that is active; PYTHON names the interpreter that makes .venv.
# The exact versions in constraints.txt are for Python 3.11: on 3.10 or 3.12, set CONSTRAINTS= (to nothing). torch comes
# first, in one fixed version, so that no dependency can choose another build of it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := $(or $(VIRTUAL_ENV),.venv)
CONSTRAINTS ?= constraints.txt

BIN := $(VENV)/bin
STAMP := $(VENV)/.cove_rl-setup
PIP := -m pip --disable-pip-version-check install --quiet

.PHONY: help setup demo check lint format types links fix test lock clean
.DEFAULT_GOAL := help

help:  ## Show what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(STAMP)  ## Install the library, verl and the tools into .venv.

demo: $(STAMP)  ## Train a tiny policy on this machine and show what it has learnt, in about 15 minutes.
	$(BIN)/cove demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml $(wildcard $(CONSTRAINTS)) | $(BIN)/python
	$(BIN)/python $(PIP) 'torch==2.13.0'
	$(BIN)/python $(PIP) --editable '.[dev,train]' $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
	@touch $@

check: lint format types links  ## Lint, formatting, types, links in the documentation.

lint: $(STAMP)
	$(BIN)/ruff check .

format: $(STAMP)
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

links: $(STAMP)
	$(BIN)/python -m pytest tests/docs

fix: $(STAMP)  ## Repair what the linter and the formatter can repair.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check  ## Everything continuous integration runs: the checks, then the tests.
	$(BIN)/python -m pytest -n 2

lock:  ## Write constraints.txt and docker/locks anew: the newest versions that pyproject.toml allows, on Python 3.11.
	PYTHON='$(PYTHON)' ./.ci/lock

clean:  ## Remove .venv and every cache.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
