PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKSPACE ?= workspace

# No tool of the set reports home, and runs stay repeatable without a network.
export DO_NOT_TRACK = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export DAGSTER_DISABLE_TELEMETRY = 1
export GX_ANALYTICS_ENABLED = false

.PHONY: run test lint format dev bench-xml bench-extraction lock clean

run: $(STAMP) $(WORKSPACE)/confere.yml  ## sample workspace, main job, summary
	$(BIN)/confere run $(WORKSPACE)

$(WORKSPACE)/confere.yml: | $(STAMP)
	$(BIN)/confere sample $(WORKSPACE)

test: $(STAMP)  ## the whole test suite
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(STAMP)  ## style, types, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt --disable-progress-bar

format: $(STAMP)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt --disable-progress-bar

dev: $(STAMP) $(WORKSPACE)/confere.yml  ## Dagster's own interface on the workspace
	CONFERE_WORKSPACE=$(abspath $(WORKSPACE)) DAGSTER_HOME=$(abspath $(WORKSPACE))/state/dagster $(BIN)/dagster dev -m dagster_project.definitions

bench-xml: $(STAMP)  ## fiscal XML against the limit and its peers (BENCH="--quick" for a short one)
	$(BIN)/python -m benchmarks.xml $(BENCH)

bench-extraction: $(STAMP)  ## a table of an ERP's database into the store, and its peers (BENCH="--rows 100000" for a short one)
	$(BIN)/python -m benchmarks.extraction $(BENCH)

lock:  ## the hashed lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --extra bench --extra signatures --extra schemas --universal --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-strip-extras -o requirements.lock

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PY) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) dbt/target dbt/logs
