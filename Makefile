# Everything starts here: `make help` lists the targets. Needs make and Python 3.11 or newer; what else is needed
# goes into .venv, in the versions of the locks: first what running needs, and for all else everything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNNING := $(VENV)/.running
EVERYTHING := $(VENV)/.installed
# Passed on to the command: make up ARGS="--port 7300", make test ARGS="-k pins"
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Three locks, the same versions in all: everything; what the service needs, and the image has; and what a checkout
# needs beside that to run, such as a Temporal of its own.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help up demo test check bench cluster lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "make %-7s %s\n", $$1, $$2 }'

up: $(RUNNING) ## Start Temporal, the worker and a demo help desk; Ctrl-C stops them
	@$(BIN)/baton up $(ARGS)

demo: $(RUNNING) ## Play the support team's everyday situations and print what happened
	@$(BIN)/baton demo $(ARGS)

# Most tests wait for something, so that three at once keep two cores busy. ARGS="-n 0" runs one after the other.
test: $(EVERYTHING) ## Run the tests
	@$(BIN)/python -m pytest --numprocesses 3 --dist worksteal $(ARGS)

check: $(EVERYTHING) ## Check format, lint, types and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(EVERYTHING) ## Measure Baton against a bare workflow on the same server
	@$(BIN)/python -m lab.bench $(ARGS)

cluster: $(EVERYTHING) ## Play the tests on a real Temporal cluster, and kill its parts
	@$(BIN)/python -m lab.cluster $(ARGS)

lock: $(EVERYTHING) ## Pin the newest versions that pyproject.toml allows
	$(LOCK) pyproject.toml --extra service --group dev --upgrade --output-file requirements.lock
	$(LOCK) pyproject.toml --extra service --constraint requirements.lock --output-file requirements-service.lock
	$(LOCK) --group local --constraint requirements.lock --output-file requirements-local.lock

clean: ## Remove .venv and caches; the data folder .baton stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so that an interrupted installation is done again.
$(RUNNING): requirements-service.lock requirements-local.lock pyproject.toml
$(EVERYTHING): requirements.lock pyproject.toml
$(RUNNING) $(EVERYTHING):
	@command -v $(PYTHON) >/dev/null || { \
		echo "Baton needs Python 3.11 or newer, and there is no $(PYTHON) here."; \
		echo "Name another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Baton needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
		echo "Name another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make a virtual environment: its modules venv and ensurepip are missing."; \
		echo "On Debian and Ubuntu they are in the package python3-venv."; exit 1; } >&2
	@$(PYTHON) -m local.install $@
