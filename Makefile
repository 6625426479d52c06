# Two commands do everything: `make demo` and `make test`. Both make .venv from the hashed locks under .ci/locks.
PYTHON ?= python3
SYSTEM_PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PIP := $(INSTALL) --require-hashes
# Tests of a group share what is dear; groups go first, so that no process is alone with a long one in the end. One
# process more than there are processors: some tests wait for a server, a daemon, a timer.
PARALLEL := -n $(shell expr $$(nproc) + 1) --dist loadgroup --durations=10
# The files that have tests with a mark: to collect the others takes as long as to run these.
marked = $(sort $(shell grep -rl --include='test_*.py' 'mark\.$(1)\b' tests))
# Where a container forbids the files of compiled modules, each of the hundreds of commands in the tests compiles all
# of Marsad, a third of its time.
unexport PYTHONDONTWRITEBYTECODE
TESTS :=
# What another version of Python may change: its `re`, its tables of Unicode, its pickles; and a daemon from start to end.
OTHER_TESTS := tests/text tests/names/test_kinds.py tests/names/test_tiers.py tests/names/test_reference.py \
	tests/names/test_news_in_languages.py tests/names/test_traps.py tests/rules tests/digests/test_process.py tests/sources/test_parser_process.py \
	tests/endtoend/test_interpreters.py
.DEFAULT_GOAL := help
.PHONY: help demo test fleet-proof check check-system other-python proofs mutants kill-points power-cuts format lint types contracts cover docs messages wheel bench deb deb-test sbom audit clean

help:
	@echo "make demo          install, then run the whole line on the packaged seeds and rules"
	@echo "make test          install with the test tools, then run the tests"
	@echo "make check         what CI runs: format, lint, types, import contracts, tests with coverage, docs"
	@echo "make proofs        the tests that take minutes: a booted systemd, killed processes, Postfix, a simulated day"
	@echo "make check-system  the demo and the tests of texts and rules on the system's own Python, where it is another one"
	@echo "make bench         what polling costs, beside lemon24/reader and rss2email, which it installs into .bench"
	@echo "make messages      collects what the mails say, and adds what is new to the catalogues of all languages"
	@echo "make kill-points   kill a pass at each of its 3,000 calls into the kernel (make proofs tries 80), for an hour or two"
	@echo "make power-cuts    try 5,000 states of the disk after a power cut (CI tries 450)"
	@echo "make mutants       changes the core in 1,500 ways, and says which of them no test notices; about half an hour"
	@echo "make deb           dist/marsad_VERSION_ARCH.deb, for the Debian that this machine runs"
	@echo "make deb-test      install, upgrade, remove and purge it in a fresh Debian; needs root"
	@echo "make sbom          dist/marsad.cdx.json: the locked packages, in CycloneDX"
	@echo "make audit         asks the Python advisory index about them"
	@echo "make format        mend what the formatter and the linter can mend by themselves"

$(VENV)/.run: .ci/locks/pip.txt .ci/locks/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r .ci/locks/pip.txt
	$(PIP) -r .ci/locks/run.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run .ci/locks/dev.txt
	$(PIP) -r .ci/locks/dev.txt
	@touch $@

.bench/.peers: .ci/locks/peers.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/peers.txt
	@touch $@

.audit/.done: .ci/locks/audit.txt
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/audit.txt
	@touch $@

# What is delivered, as CycloneDX: the packages of .ci/locks/deb.txt with their hashes.
sbom: .audit/.done
	@mkdir -p dist
	.audit/bin/python -W ignore -m cyclonedx_py requirements .ci/locks/deb.txt --pyproject pyproject.toml --output-reproducible \
		--validate --output-format JSON --output-file dist/marsad.cdx.json

audit: .audit/.done
	@.ci/audit

bench: $(VENV)/.dev .bench/.peers
	$(BIN)/python benchmarks/poll.py
	$(BIN)/python benchmarks/simulate.py
	$(BIN)/python benchmarks/latency.py

demo: $(VENV)/.run
	@$(BIN)/marsad demo

test: $(VENV)/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL) -m "not workers" $(TESTS)

# Workers of a fleet that are killed, stopped and cut off: four minutes, of which most is waiting.
fleet-proof: $(VENV)/.dev
	@.ci/system-packages
	$(BIN)/pytest -q tests/fleet -m workers

check: $(VENV)/.dev lint types contracts cover

other-python: $(VENV)/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL) -m "not workers and not proof" $(OTHER_TESTS)

# A service on Debian runs on Debian's Python, whatever `python3` means in the PATH of the person who develops.
check-system:
	@.ci/another-python $(SYSTEM_PYTHON) $(PYTHON) || exit 0; \
	$(MAKE) VENV=.venv-system PYTHON=$(SYSTEM_PYTHON) demo other-python

kill-points: $(VENV)/.dev
	@.ci/system-packages
	MARSAD_KILL_POINTS=all $(BIN)/pytest -q -s -n 2 --dist loadgroup tests/promise/test_kill_points.py

power-cuts: $(VENV)/.dev
	@.ci/system-packages
	MARSAD_POWER_CUTS=all $(BIN)/pytest -q -s -n 0 tests/store/test_power_cuts.py

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo

cover: $(VENV)/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL) -m "not workers and not proof" --cov --cov-report=term:skip-covered

# What takes minutes and hardly ever breaks: a booted systemd, kills at system calls, Postfix, simulated days.
proofs: $(VENV)/.dev
	@.ci/system-packages
	$(BIN)/pytest -q $(PARALLEL) -m "proof and not workers" $(call marked,proof)

# What README.md, CHANGELOG.md and docs/ say is so: their blocks run, their tables hold, their links lead somewhere.
docs: $(VENV)/.dev
	$(BIN)/pytest -q $(PARALLEL) -m docs $(call marked,docs)

# A translator then fills the empty msgstr of monitor/text/locale/LANGUAGE/LC_MESSAGES/DOMAIN.po; a test finds those left.
DOMAIN := mail
SAYS := monitor/digests/words.py
messages: $(VENV)/.dev
	mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml -k say -k say_in:1c,2 -k count:1,2 --no-location --project Marsad \
		--version $(DOMAIN) --msgid-bugs-address "see README.md" --no-wrap -o build/$(DOMAIN).pot $(SAYS)
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date -D $(DOMAIN) \
		-i build/$(DOMAIN).pot -d monitor/text/locale

# docs/rules.md and the tables of docs/configuration.md, from the schema and what monitor/settings/data says of keys.
reference: $(VENV)/.dev
	$(BIN)/python benchmarks/build_reference.py

# Changes the core in some 1,500 ways, one at a time, and says which of them no test notices. Stops and goes on where it was.
mutants: .mutants/.done
	.mutants/bin/mutmut run
	.mutants/bin/mutmut results

.mutants/.done: .ci/locks/dev.txt .ci/locks/mutants.txt
	$(PYTHON) -m venv .mutants
	.mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/pip.txt
	.mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/dev.txt
	.mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/locks/mutants.txt
	@touch $@

deb: $(VENV)/.dev
	@VENV=$(VENV) SYSTEM_PYTHON=$(SYSTEM_PYTHON) packaging/build-deb

deb-test: $(VENV)/.dev
	@VENV=$(VENV) SYSTEM_PYTHON=$(SYSTEM_PYTHON) packaging/test-deb

wheel: $(VENV)/.dev
	$(BIN)/python -m build --no-isolation --wheel

clean:
	rm -rf .venv .venv-system .bench .audit .mutants mutants build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
