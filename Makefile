# Two commands do everything on a fresh machine: make demo, make test. They need python3 (3.11 or newer) with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Twice the cores of a small machine: many tests wait for processes.
JOBS ?= 4

# What make quick runs, but for what is marked slow: the rules, the store, and all that needs no command and no screen.
QUICK := contracts model monitor operations providers recordings rules store sync validators
# What make coverage measures the program by.
TESTS ?= tests

.PHONY: demo test quick nightly coverage lint types bench screenshots clean

demo: $(STAMP)
	$(BIN)/bema-tui demo

test: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

quick: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q -m "not slow" $(QUICK:%=tests/%) tests/test_*.py

# As test, with fifty times the arbitrary JSON for the parsers, fifty seeds of the rough line, two hundred of bad records,
# and three hundred processes killed at random moments.
nightly: $(STAMP)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

# Every test takes longer while it is measured, so this is no part of test: make coverage TESTS=tests/rules
coverage: $(STAMP)
	rm -f .coverage .coverage.*
	-$(BIN)/python -m coverage run -m pytest -n $(JOBS) --dist worksteal -q $(TESTS)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks

screenshots: $(STAMP)
	$(BIN)/python -m screenshots.make

clean:
	rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

# constraints.txt pins every dependency, native parts included, to versions that are known to work together.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bema-tui needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable ".[simulator]"
	touch $(STAMP)
