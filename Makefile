# `make help` lists the targets. PYTHON names the interpreter that .venv is made from.
PYTHON ?= python3
BIN := .venv/bin
# uv installs several times faster than pip, where there is one.
UV ?= $(shell command -v uv)
INSTALL = $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/pip install --disable-pip-version-check) \
	--quiet --constraint constraints.txt
DATA ?=
MODEL ?=
QUICK ?=
TESTS ?=

# The parts of `make ci`, two of which run at a time. Each is a process with brokers of its own. What takes longest comes
# first, and no two worlds of chaos run together, as those need the cores most.
PARTS := chaos-at-least-once test-services test-contract test-gateway chaos-exactly-once test-dashboard test-e2e \
	test-security test-training chaos-three-brokers test-local check test-chaos test-models test-unit
FOLDERS_services := tests/integration/services
FOLDERS_contract := tests/contract
FOLDERS_gateway := tests/integration/gateway
FOLDERS_dashboard := tests/integration/dashboard
FOLDERS_e2e := tests/e2e
FOLDERS_security := tests/integration/security
FOLDERS_local := tests/integration/bus tests/integration/clients tests/integration/local tests/integration/process tests/integration/tidemill
FOLDERS_training := tests/integration/training
FOLDERS_chaos := tests/integration/chaos
FOLDERS_models := tests/integration/inference
FOLDERS_unit := tests/architecture tests/unit
TWO_LANES := --jobs=2 --keep-going --output-sync=target
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check ci schemas evaluate train bench chaos $(PARTS) $(PARTS:%=ci-%) data_named model_named

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/serving.stamp ## Create .venv and the embedded stack; quick when both are there
	@$(BIN)/python -m deploy.local.setup

run: setup ## Start everything, play the samples, show what happens until Ctrl-C (DATA=DIR adds photos)
	@$(BIN)/tidemill run $(if $(DATA),--data $(DATA))

demo: setup ## The same, once: stops by itself; its last line is JSON, and it fails when anything was lost
	@$(BIN)/tidemill demo $(if $(DATA),--data $(DATA))

test: setup ## Run all tests, or TESTS=DIR; those that need Java, Maven or torch skip without them, except in CI
	@$(BIN)/python -m pytest $(TESTS)

$(filter test-%,$(PARTS)): test-%: setup
	@$(BIN)/python -m pytest $(FOLDERS_$*)

check: setup ## Format, lint, types, import rules, sizes, known holes; without torch the types of training and tests are left out
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(if $(wildcard .venv/lib/python3*/site-packages/torch),,benchmarks deploy evaluation services shared tidemill)
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.architecture.sizes
	@$(BIN)/python -m tests.architecture.audit

ci: ## Checks, tests and a quick chaos, two parts at a time; its last lines tell where the time went
	@rm -rf .stack/ci
	@.ci/part setup $(MAKE) .venv/training.stamp setup && $(MAKE) $(TWO_LANES) $(PARTS:%=ci-%); \
	code=$$?; .ci/summary; exit $$code

$(PARTS:%=ci-%): ci-%:
	@.ci/part $* $(MAKE) $*

schemas: setup ## Write the golden JSON Schemas anew after a compatible change of an event
	@$(BIN)/python -m tests.contract.schemas

evaluate: data_named setup ## Official test sets through the running pipeline: make evaluate DATA=DIR
	@$(BIN)/tidemill evaluate --data $(DATA)

train: model_named setup .venv/training.stamp ## One recipe, from rows to triton_models: make train MODEL=NAME DATA=DIR
	@$(BIN)/tidemill train $(MODEL) --data $(DATA)

bench: setup ## Compare the pipeline with its limit and with plainer ways; tables and JSON (DATA=DIR: real messages)
	@$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))

chaos: setup ## Break a running system in every way we know, and write what was lost, repeated or wrong (QUICK=1: minutes)
	@$(if $(QUICK),$(MAKE) $(TWO_LANES) $(filter chaos-%,$(PARTS)),$(BIN)/python -m tests.chaos --write)

chaos-at-least-once: setup
	@$(BIN)/python -m tests.chaos --quick --brokers 1 --deliver at-least-once

chaos-exactly-once: setup
	@$(BIN)/python -m tests.chaos --quick --brokers 1 --deliver exactly-once

chaos-three-brokers: setup
	@$(BIN)/python -m tests.chaos --quick --brokers 3

data_named:
	@$(if $(DATA),,$(error say where the data sets are: make evaluate DATA=DIR (docs/data.md)))

model_named:
	@$(if $(and $(MODEL),$(DATA)),,$(error say what and from where: make train MODEL=digit DATA=DIR))

$(BIN)/pip:
	@$(PYTHON) -c 'import platform, sys; \
	ok = sys.version_info[:2] in {(3, 11), (3, 12)} and (platform.system(), platform.machine()) == ("Linux", "x86_64"); \
	sys.exit(None if ok else f"Tidemill needs Python 3.11 or 3.12 on Linux x86-64; {sys.executable} is " \
	f"{platform.python_version()} on {platform.system()} {platform.machine()}. Name another: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv .venv || \
	{ rm -rf .venv; echo "No virtual environment could be made; Debian and Ubuntu need: apt install python3-venv" >&2; exit 1; }

.venv/serving.stamp: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Tidemill into .venv (a minute or two, once)"
	@$(INSTALL) -e '.[local,dev]'
	@touch $@

# One step for all extras, so that nothing is resolved twice.
.venv/training.stamp: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Tidemill, torch and its kin into .venv (several GB, once)"
	@$(INSTALL) -e '.[local,dev,training]'
	@touch .venv/serving.stamp $@
