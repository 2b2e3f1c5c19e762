# Works with GNU make 3.81 (macOS) and newer.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup up down demo bench chaos nightly fuzz peers peers-java test lint compose-check lock sim audit sbom

BIN := .venv/bin
INSTALLED := .venv/installed
CHURN := $(BIN)/churn
COMPOSE_CHECK := .churn/compose-check
PEERS := .churn/peers
AUDIT := .churn/audit
PEERS_LOCK := benchmarks/peers/requirements.lock
PEERS_JAVA := .churn/peers-java
PEERS_JAVA_SOURCES := $(shell find benchmarks/peers/java -name pom.xml -o -name '*.java')

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with exactly what requirements.lock names (the other targets do it by themselves)

up: setup ## Start the local Kafka and Redis and make the topics
	@$(CHURN) up

down: setup ## Stop the local Kafka and Redis; the data stay in .churn
	@$(CHURN) down

demo: setup ## Send a simulated month (or LOG=path, a real log) through the whole system, with proofs at the end
	@$(CHURN) demo $(if $(LOG),--log "$(LOG)")

bench: setup peers ## Measure throughput on this machine, then the other stream processors that are there (half an hour)
	@$(CHURN) bench throughput
	@$(CHURN) bench peers

sim: setup ## Run the shipped session through SEEDS (100,000 unless set) simulated schedules of crashes and losses
	@$(CHURN) sim --seeds $(or $(SEEDS),100000)

chaos: setup ## Kill workers, Redis and the broker of a stack of its own for 5 minutes (or SEED=n again), and compare
	@$(CHURN) chaos --minutes 5 $(if $(SEED),--seed "$(SEED)")

nightly: setup ## Search for what is wrong: a million schedules, the rig, the fence's price, damaged batches
	@$(CHURN) sim --seeds 1000000
	@$(CHURN) chaos --minutes 5
	@$(CHURN) chaos --minutes 5 --brokers 3
	@$(CHURN) bench fencing
	@$(BIN)/pytest -m nightly --timeout 1800
	@$(MAKE) --no-print-directory $(AUDIT)/installed
	@$(BIN)/python -m stack.audit $(AUDIT)/bin/pip-audit || test $$? -eq 3
	@$(MAKE) --no-print-directory fuzz

fuzz: setup ## Read 200,000 damaged fetches of record batches, and put 300 into the replies to a living worker
	@$(BIN)/pytest tests/property/test_record_batches.py --fuzz 200000 --timeout 7200
	@$(BIN)/pytest tests/e2e/test_damaged_fetches.py --fuzz 300

peers: $(PEERS)/installed ## Make .churn/peers: Quix Streams, Bytewax and Pathway, in an environment of their own

peers-java: $(PEERS_JAVA)/built ## Make .churn/peers-java: Flink and Kafka Streams (needs a JDK 17 or newer and Maven)

test: lint ## Run every check, then all tests on a real Kafka and Redis: side by side, then those that need the machine
	@$(BIN)/pytest -n 3 --dist loadfile -m "not alone and not nightly"
	@$(BIN)/pytest -m "alone and not nightly"

lint: setup compose-check ## Run the checks that need no services: ruff, mypy, import contracts, docker-compose.yml
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

compose-check: $(COMPOSE_CHECK)/installed ## Hold docker-compose.yml against the Compose specification
	@$(COMPOSE_CHECK)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

audit: setup $(AUDIT)/installed ## Hold requirements.lock against known advisories (needs the network, and says so)
	@$(BIN)/python -m stack.audit $(AUDIT)/bin/pip-audit

sbom: setup ## Write what requirements.lock names as CycloneDX: .churn/sbom.cdx.json
	@mkdir -p .churn
	@$(BIN)/python -m stack.sbom .churn/sbom.cdx.json

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: install it, for example with pipx install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --extra dev --python-version 3.11 \
		pyproject.toml -o requirements.lock
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")' \
		| uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 - -o $(PEERS_LOCK)
	@echo 'check-jsonschema>=0.39' \
		| uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 - -o stack/compose-check.lock
	@echo 'pip-audit>=2.9' \
		| uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 - -o stack/audit.lock

$(PEERS)/installed: $(PEERS_LOCK) | setup
	@echo "Installing what $(PEERS_LOCK) names into $(PEERS)" >&2
	@$(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(PEERS_LOCK)
	@touch $@

$(PEERS_JAVA)/built: $(PEERS_JAVA_SOURCES)
	@command -v javac >/dev/null && command -v mvn >/dev/null || { \
		echo "make peers-java needs a JDK 17 or newer and Maven on the PATH: install both, or do without these peers" >&2; \
		exit 1; }
	@echo "Building Flink's and Kafka Streams' peers into $(PEERS_JAVA) (some 500 MB, this once)" >&2
	@mvn -q -B -f benchmarks/peers/java/pom.xml package
	@touch $@

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

$(AUDIT)/installed: stack/audit.lock | setup
	@echo "Installing what stack/audit.lock names into $(AUDIT)" >&2
	@$(BIN)/python -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r stack/audit.lock
	@touch $@

# An environment of its own: the checker needs a newer click than Faust allows.
$(COMPOSE_CHECK)/installed: stack/compose-check.lock | setup
	@echo "Installing what stack/compose-check.lock names into $(COMPOSE_CHECK)" >&2
	@$(BIN)/python -m venv $(COMPOSE_CHECK)
	@$(COMPOSE_CHECK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r stack/compose-check.lock
	@touch $@
