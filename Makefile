# The one way in. Needs make and Python 3.11 or newer, nothing else.
#   make demo    the main job on the built-in sample platform; installs what a run needs, and no more
#   make test    the tests; adds the tools for development to the same .venv
#   make report-check  the HTML pages in Chromium, which must be installed
#   make check   the whole gate: lock, format, lint, types, tests, package
#   make bench   the figures that the README quotes
#   make tools   write the catalogue of the tools anew, which the server lists them from
#   make readme  write the generated parts of the README and docs, and server.json, anew
#   make mcpb    build the bundle for Claude Desktop: dist/call-transcripts-mcp.mcpb
#   make mcpb-check  have the bundle format's own tool validate and pack it; needs node, and fetches the tool
#   make lock    pin the dependencies anew: requirements.lock for a run, one more for each extra, and requirements-dev.lock
#   make clean   remove .venv and all that was built
PYTHON ?= python3
BIN := .venv/bin
# What .venv holds: each stamp is newer than the lock it was installed from.
RUN := .venv/.run-installed
DEV := .venv/.dev-installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes

.PHONY: demo test report-check check lint types package bench tools readme mcpb mcpb-tool mcpb-check lock clean
.DEFAULT_GOAL := check

# The package itself is not installed: a path file and a launcher do the same without a build tool. Python compiles
# what it imports, which is less than all that is installed.
$(RUN): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(INSTALL) --no-compile -r requirements.lock
	@echo '$(CURDIR)/server' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/call_transcripts_mcp.pth"
	@printf '#!/bin/sh\nexec "%s" -P -m call_transcripts_mcp "$$@"\n' '$(CURDIR)/$(BIN)/python' > $(BIN)/call-transcripts-mcp
	@chmod +x $(BIN)/call-transcripts-mcp
	@touch $(RUN)

$(DEV): $(RUN) requirements-dev.lock
	$(INSTALL) -r requirements-dev.lock
	@touch $(DEV)

demo: $(RUN)
	@$(BIN)/call-transcripts-mcp demo

test: $(DEV)
	$(BIN)/python -m pytest --numprocesses logical --dist worksteal

report-check: $(DEV)
	$(BIN)/python -m pytest tests/browser

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/pyright

package: $(DEV)
	rm -rf dist
	$(BIN)/python -m hatchling build
	$(BIN)/python tests/check_wheel.py dist

check: lint types test package

bench: $(DEV)
	$(BIN)/python benchmarks/run.py

tools: $(DEV)
	$(BIN)/python tests/tool_catalogue.py --write

readme: $(DEV)
	$(BIN)/python tests/readme_examples.py --write
	$(BIN)/python publishing/write.py --write

mcpb: $(RUN)
	$(BIN)/python publishing/bundle.py dist/call-transcripts-mcp.mcpb

MCPB := npx --yes @anthropic-ai/mcpb@2.1.2

mcpb-tool:
	$(MCPB) --version

mcpb-check: mcpb mcpb-tool
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m zipfile -e dist/call-transcripts-mcp.mcpb "$$folder/bundle" && \
	$(MCPB) validate "$$folder/bundle/manifest.json" && \
	$(MCPB) pack "$$folder/bundle" "$$folder/packed.mcpb"

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

lock: $(DEV)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --constraints requirements.lock --all-extras --group dev pyproject.toml -o requirements-dev.lock
	for extra in clickhouse otel; do \
	  $(COMPILE) --constraints requirements-dev.lock --extra $$extra pyproject.toml -o requirements-$$extra.lock || exit 1; \
	done

clean:
	rm -rf .venv dist .pytest_cache .ruff_cache .hypothesis
