# make demo      compare the methods on two data sets and save a picture of translated rows
# make test      everything that must pass before a change lands: lint, types, tests
# make lint, make types
# make docs      run the code of the pages and the examples, build the site in docs/_build/html
# make notebook  run examples/compare_with_smote.ipynb anew from its script
# make bench     the league of tables, hours; ARGS="--data FOLDER --datasets ecoli" are handed on

# Small networks train faster on one thread, and two cores are better spent on two tests.
export OMP_NUM_THREADS := 1

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready

.PHONY: demo test lint types docs notebook bench clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: lint types
	$(BIN)/python -m pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(DOCS_READY)
	$(BIN)/python -m pytest tests/test_documentation.py
	$(BIN)/python -m sphinx -W --keep-going docs docs/_build/html

notebook: $(DOCS_READY)
	$(BIN)/python examples/notebook.py

bench: $(READY)
	$(BIN)/python -m benchmarks.league $(ARGS)
	$(BIN)/python -m benchmarks.report

clean:
	rm -rf $(VENV) docs/_build docs/auto_examples docs/generated

# The constraints pin torch: without them pip may fetch a build with gigabytes of CUDA.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	touch $@
