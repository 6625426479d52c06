# Two commands do everything: `make demo` and `make test`. Both make .venv from the hashed locks under .ci/locks.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PIP := $(INSTALL) --require-hashes
# Tests of a group share what is dear; groups go first, so that no process is alone with a long one in the end.
PARALLEL := -n auto --dist loadgroup
.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types contracts cover docs wheel bench clean

help:
	@echo "make demo    install, then run the whole line on the packaged seeds and rules"
	@echo "make test    install with the test tools, then run the tests"
	@echo "make check   what CI runs: format, lint, types, import contracts, tests with coverage, docs"
	@echo "make bench   what polling costs, beside lemon24/reader and rss2email, which it installs into .bench"
	@echo "make format  mend what the formatter and the linter can mend by themselves"

.venv/.run: .ci/locks/pip.txt .ci/locks/run.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) -r .ci/locks/pip.txt
	$(PIP) -r .ci/locks/run.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run .ci/locks/dev.txt
	$(PIP) -r .ci/locks/dev.txt
	@touch $@

.bench/.peers: .ci/locks/peers.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/peers.txt
	@touch $@

bench: .venv/.dev .bench/.peers
	$(BIN)/python benchmarks/poll.py
	$(BIN)/python benchmarks/simulate.py
	$(BIN)/python benchmarks/latency.py

demo: .venv/.run
	@$(BIN)/marsad demo

test: .venv/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL)

check: .venv/.dev lint types contracts cover docs

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.dev
	$(BIN)/mypy

contracts: .venv/.dev
	$(BIN)/lint-imports --no-logo

cover: .venv/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL) -m "not docs" --cov --cov-report=term:skip-covered

# What README.md, CHANGELOG.md and docs/ say is so: their blocks run, their tables hold, their links lead somewhere.
docs: .venv/.dev
	$(BIN)/pytest -q $(PARALLEL) -m docs

wheel: .venv/.dev
	$(BIN)/python -m build --no-isolation --wheel

clean:
	rm -rf .venv .bench build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
