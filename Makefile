# il5report. `make` lists the targets; `make report` and `make test` need nothing set up before.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
DEMO := build/demo
OUT ?= build/report
SHELLS ?= build/shells
RSCRIPT ?= Rscript

# The user's own study: make report DATA=dir PLAN=dir OUT=dir; a part: ONLY="14.2 t_crs" or PRESET=name;
# as of another day: CUTOFF=2026-03-31
ifeq ($(origin DATA),undefined)
DATA := $(DEMO)/data
NEEDS_DATA := $(DEMO)/data/dm.parquet
endif
PLAN ?= analysis_plan

.DEFAULT_GOAL := help
.PHONY: help report shells demo test check format types lint oracle bench mutate lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

report: $(VENV)/.runtime $(NEEDS_DATA) ## the report of the demo study, or of DATA= PLAN= into OUT=
	@$(PY) -m il5report report --data $(DATA) --plan $(PLAN) --out $(OUT) \
	  $(ONLY:%=--only %) $(PRESET:%=--preset %) $(CUTOFF:%=--cutoff %)

shells: $(VENV)/.runtime ## the analysis plan with mock shells, of PLAN= into SHELLS=
	@$(PY) -m il5report shells --plan $(PLAN) --out $(SHELLS)

demo: $(VENV)/.runtime $(DEMO)/data/dm.parquet ## the synthetic demo study, as SDTM

test: $(VENV)/.dev ## all tests
	$(PY) -m pytest

check: $(VENV)/.dev lint types test ## formatting, lint, types and tests

lint: $(VENV)/.dev ## formatting and lint
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(VENV)/.dev ## strict types
	$(PY) -m mypy

format: $(VENV)/.dev ## format the sources
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

oracle: ## run the R scripts again; fails where a reference value changes (needs R)
	cd tests/oracle && for script in *.R; do $(RSCRIPT) --vanilla $$script || exit 1; done
	git diff --exit-code -- tests/oracle

bench: $(VENV)/.dev ## speed, as ratios to a named baseline of the same run
	$(PY) -m benchmarks

mutate: $(VENV)/.dev ## mutation testing of il5report/analyse
	$(PY) -m mutmut run
	$(PY) -m mutmut export-cicd-stats && cat mutants/mutmut-cicd-stats.json
	$(PY) -m mutmut results

lock: $(VENV)/.dev ## pin the newest allowed versions anew (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --upgrade -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header \
	  --no-emit-index-url --python-version 3.11 -c requirements.lock -q -o requirements-dev.lock

clean: ## remove what was built
	rm -rf build dist mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

$(DEMO)/data/dm.parquet: $(wildcard il5report/data/demo/*.py) | $(VENV)/.runtime
	@rm -rf $(DEMO)
	@$(PY) -m il5report demo $(DEMO)
