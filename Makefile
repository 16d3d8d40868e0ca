# make demo      compare the methods on two data sets and save a picture of translated rows
# make test      everything that must pass before a change lands: lint, types, tests
# make lint, make types, make spelling
# make coverage  which lines no test runs; fails below 95 %
# make test-oldest, make test-newest  the tests with the oldest and the newest versions
# make check-wheel  build wheel and sdist, install each in an environment of its own and use it
#                (KINDS=wheel: only the wheel)
# make docs      run the code of the pages and the examples, build the site in docs/_build/html
# make notebook  run examples/compare_with_smote.ipynb anew from its script
# make digests   what both samplers return for many tables, as digests, minutes;
#                ARGS="after.json --against before.json" (or --only NAME) are handed on
# make bench     the league of tables, hours; ARGS="--data FOLDER --datasets ecoli" are handed on

# Small networks train faster on one thread, and two cores are better spent on two tests.
export OMP_NUM_THREADS := 1

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready

.PHONY: demo test lint types spelling coverage test-oldest test-newest check-wheel docs notebook \
	digests bench clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: lint types
	$(BIN)/python -m pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

spelling: $(READY)
	$(BIN)/codespell

coverage: $(READY)
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

test-oldest test-newest: test-%: $(VENV)-%/.ready
	$(VENV)-$*/bin/python -m pytest -n 2

check-wheel: $(READY)
	rm -rf dist
	$(BIN)/python -m build --installer pip
	$(BIN)/python .ci/check_distribution.py dist constraints.txt $(KINDS)

docs: $(DOCS_READY)
	$(BIN)/python -m pytest tests/test_documentation.py
	$(BIN)/python -m sphinx -W --keep-going docs docs/_build/html

notebook: $(DOCS_READY)
	$(BIN)/python examples/notebook.py

digests: $(READY)
	$(BIN)/python -m tests.digests $(ARGS)

bench: $(READY)
	$(BIN)/python -m benchmarks.league $(ARGS)
	$(BIN)/python -m benchmarks.report

clean:
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-newest dist docs/_build docs/auto_examples docs/generated

# The constraints pin torch: without them pip may fetch a build with gigabytes of CUDA.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)-%/.ready: pyproject.toml constraints-%.txt
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet -c constraints-$*.txt -e '.[test]'
	touch $@

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	touch $@
