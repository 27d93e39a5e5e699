# The one way in. Needs make and Python 3.11 or newer, nothing else.
#   make demo    the main job on the built-in sample platform
#   make test    the tests
#   make check   the whole gate: lock, format, lint, types, tests, package
#   make bench   the figures that the README quotes
#   make readme  write the README's examples anew
#   make lock    pin the dependencies anew
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.built-from-lock

.PHONY: demo test check lint types package bench readme lock clean
.DEFAULT_GOAL := check

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/call-transcripts-mcp demo

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses logical --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/pyright

package: $(STAMP)
	rm -rf dist
	$(BIN)/python -m hatchling build
	$(BIN)/python tests/check_wheel.py dist

check: lint types test package

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

readme: $(STAMP)
	$(BIN)/python tests/readme_examples.py --write

lock: $(STAMP)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	    --all-extras --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv dist .pytest_cache .ruff_cache .hypothesis
