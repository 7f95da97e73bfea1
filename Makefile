SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up down demo test lint format requirements docs bench clean
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

PYTHON := .venv/bin/python
JOBS := 2
IN_STEP := .venv/.in-step-with-lock
MANIFESTS := uv.lock pyproject.toml stack/pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
SOURCES := $(wildcard libs/*/src services/*/src) stack/src
empty :=
export MYPYPATH := $(subst $(empty) $(empty),:,$(SOURCES))
export PATH := $(CURDIR)/.venv/bin:$(PATH)

##@ Everyday
setup: ## Install everything the project needs into .venv (uv itself too, when missing)
	@tools/setup.sh

$(IN_STEP): $(MANIFESTS)
	@tools/setup.sh

up: $(IN_STEP) ## Start the platform on this machine, without containers
	@$(PYTHON) -m stack up

down: $(IN_STEP) ## Stop what `make up` started
	@$(PYTHON) -m stack down

demo: $(IN_STEP) ## Play one deal through the running platform, from sign-up to invoice
	@$(PYTHON) -m stack.demo

##@ Checks
test: $(IN_STEP) ## Run every test against real PostgreSQL and RabbitMQ (ARGS="-k cra" to choose, JOBS=1 for one process)
	@PYTHONHASHSEED=0 $(PYTHON) -m stack exec -- pytest -n $(JOBS) --dist loadscope $(ARGS)

lint: $(IN_STEP) ## Style, types, boundaries, and events that stay compatible
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy $(SOURCES) tools
	@.venv/bin/lint-imports
	@$(PYTHON) -m contracts.publish --check
	@$(PYTHON) -m contracts.compatibility
	@$(PYTHON) tools/personal_data.py --check
	@$(PYTHON) tools/status_tables.py --check

format: $(IN_STEP) ## Put the code into its one format
	@.venv/bin/ruff check --fix --exit-zero --quiet .
	@.venv/bin/ruff format .

##@ Documents and figures
requirements: $(IN_STEP) ## Count the requirements that tests prove, and list the others
	@$(PYTHON) tools/requirements.py

docs: $(IN_STEP) ## Regenerate event schemas, docs/events.md, AsyncAPI, the personal data and status tables
	@$(PYTHON) -m contracts.publish
	@$(PYTHON) tools/status_tables.py
	@$(PYTHON) tools/personal_data.py

bench: $(IN_STEP) ## Measure, each figure beside its reference loop
	@$(PYTHON) -m stack exec -- python bench/run.py $(ARGS)

##@ Housekeeping
clean: ## Stop the platform and remove its state and all caches (.venv and compose secrets stay)
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m stack down; fi
	@if [ -d .maillon ]; then find .maillon -mindepth 1 -maxdepth 1 ! -name uv ! -name compose -exec rm -rf {} +; fi
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
