# Everything a clone needs: `make` lists the targets. They install into .venv what constraints.txt pins; a second call
# installs nothing.

PYTHON ?= python3
# Tests wait for other processes, and for a screen to come to rest: twice as many at a time as a small machine has cores.
JOBS ?= 4
VENV := .venv
BIN := $(VENV)/bin

# A virtual environment knows its own absolute path, so a moved or copied clone gets a new one.
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
MADE := $(VENV)/.made-$(PLACE)
RUN := $(VENV)/.run-$(PLACE)
DEV := $(VENV)/.dev-$(PLACE)
SHOTS := $(VENV)/.shots-$(PLACE)
BENCH := $(VENV)/.bench-$(PLACE)
BENCHMARKS := pause_resume busy_writer at_rest inbox_scale

PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt

unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE PIP_PREFIX PIP_TARGET PIP_USER
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test crash bench lint format screenshots clean prerequisites

help:
	@echo "make demo         open the inbox on the sample workflows, with a database of their own"
	@echo "make test         check and test everything"
	@echo "make crash        kill processes at every failpoint and at random, race deciders, and check what is left"
	@echo "make bench        measure it, beside LangGraph and bare SQLite, and say whether the bounds hold (some minutes)"
	@echo "make lint         the checks alone: ruff, mypy, import-linter"
	@echo "make format       lay the code out, and fix what can be fixed by itself"
	@echo "make screenshots  render the pictures of the README"
	@echo "make clean        remove what the other targets made"

demo: $(RUN)
	@$(BIN)/python -m hitl_tui demo

test: lint
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

crash: $(DEV)
	$(BIN)/python -m tests.crash --jobs $(JOBS)

bench: $(BENCH)
	@missed=; for name in $(BENCHMARKS); do \
	  echo "== benchmarks/$$name.py --quick"; $(BIN)/python benchmarks/$$name.py --quick || missed="$$missed $$name"; \
	done; test -z "$$missed" || { echo "make: bounds missed in:$$missed" >&2; exit 1; }

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(SHOTS)
	$(BIN)/python screenshots/render.py

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

prerequisites:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: there is no $(PYTHON) here; on Debian and Ubuntu: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: this needs Python 3.11 or newer, and $(PYTHON) is `$(PYTHON) -V 2>&1`;" >&2; \
	  echo "      name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot create virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }

$(MADE): | prerequisites
	@echo "Creating $(VENV) …"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The build tools are installed here, at their pinned versions, instead of anew for each build; pip itself too, since
# the one that comes with Python 3.11 knows no dependency groups.
$(RUN): $(MADE) pyproject.toml constraints.txt
	@echo "Installing hitl-tui into $(VENV) …"
	@$(PIP) --upgrade pip
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[llm]'
	@touch $@

$(DEV): $(RUN)
	@echo "Installing what the checks and tests need …"
	@$(PIP) --group dev
	@touch $@

$(SHOTS): $(DEV)
	@$(PIP) --group shots
	@touch $@

$(BENCH): $(RUN)
	@echo "Installing what the benchmarks compare with …"
	@$(PIP) --group bench
	@touch $@
