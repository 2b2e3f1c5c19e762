# Works with GNU make 3.81 (macOS) and newer.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup up down demo bench test lint lock

BIN := .venv/bin
INSTALLED := .venv/installed
CHURN := $(BIN)/churn

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with exactly what requirements.lock names (the other targets do it by themselves)

up: setup ## Start the local Kafka and Redis and make the topics
	@$(CHURN) up

down: setup ## Stop the local Kafka and Redis; the data stay in .churn
	@$(CHURN) down

demo: setup ## Send a simulated month (or LOG=path, a real log) through the whole system, with proofs at the end
	@$(CHURN) demo $(if $(LOG),--log "$(LOG)")

bench: setup ## Measure throughput on this machine, beside a stock Faust agent (about a minute)
	@$(CHURN) bench throughput

test: lint ## Run every check, then all tests on a real Kafka and Redis
	@$(BIN)/pytest

lint: setup ## Run the checks that need no services: ruff, mypy, import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: install it, for example with pipx install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --extra dev --python-version 3.11 \
		pyproject.toml -o requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@found=; for python in python3.12 python3.11 python3 python3.13; do \
		if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
			found=$$python; break; \
		fi; \
	done; \
	if [ -z "$$found" ]; then echo "No Python 3.11, 3.12 or 3.13 on the PATH: install one, then try again." >&2; exit 1; fi; \
	if [ ! -x $(BIN)/pip ]; then echo "Making .venv with $$found" >&2; $$found -m venv .venv; fi
	@echo "Installing what requirements.lock names into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
