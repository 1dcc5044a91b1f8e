# Bookbridge: two commands need nothing but Python >= 3.11 and make: `make demo` and `make test`.
# Everything is installed into .venv, from files that pin every package by its hash.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# Tests wait for processes and sleeps half of their time: three workers for each core.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(3 * (os.cpu_count() or 1))")
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check fast lint fmt types contracts docs bench sandbox lock install runtime clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: runtime ## See orders become invoices, without a Zoho account (ARGS=--once ends after the summary)
	@$(BIN)/bookbridge demo $(ARGS)

test: lint types contracts ## Run every check and every test
	@echo "== tests"
	@$(BIN)/pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal $(ARGS)

check: test ## Everything that .ci/run runs

fast: install ## The quick part: lint and unit tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pytest -q -n $(WORKERS) --maxprocesses 8 tests/unit tests/architecture $(ARGS)

lint: install ## Formatting and lint rules
	@echo "== formatting"
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check . ; echo "Run 'make fmt'."; exit 1; }
	@echo "== lint"
	@$(BIN)/ruff check --quiet .

fmt: install ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: install ## Types: mypy
	@echo "== types"
	@$(BIN)/mypy

contracts: install ## Who may import whom
	@echo "== import contracts"
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }

docs: install ## Write the generated parts of the reference pages anew
	@$(BIN)/python docs/generate.py

bench: install ## Measure every figure of the README (ARGS="--orders FILE")
	@$(BIN)/python bench/run.py $(ARGS)

sandbox: runtime ## Run a local Zoho on port 9400
	@$(BIN)/bookbridge sandbox $(ARGS)

lock: install ## Pin every package anew from requirements/*.in
	@$(LOCK) $(ARGS) requirements/dev.in -o requirements/dev.txt
	@$(LOCK) requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt
	@$(LOCK) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

install: $(VENV)/.dev $(VENV)/.package ## Install what developers need, into .venv

runtime: $(VENV)/.runtime $(VENV)/.package ## Install what the program needs, into .venv

clean: ## Remove what was installed and made
	@rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# What is installed is remembered by stamp files; each is made again when the file it is made from changes.

$(VENV)/.build: requirements/build.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name one with 'make PYTHON=/path/to/python3 ...'."; exit 1; }
	@test -x $(BIN)/python || { echo "== a virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); } || { rm -rf $(VENV); \
		echo "Python cannot make virtual environments here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@PIP_USER=0 $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt $(VENV)/.build
	@echo "== installing"
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements/runtime.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.build
	@echo "== installing"
	@$(INSTALL) --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.package: pyproject.toml requirements/runtime.in requirements/hatch_metadata.py $(VENV)/.build
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
