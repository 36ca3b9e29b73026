# The only list of commands: people, CI and the docs use the same ones.
# Pass more to a command with ARGS, for instance: make test ARGS="-k refund"

PYTHON ?= python3
ARGS ?=
ROUNDS ?= 200
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# PostgreSQL does not run as root but as another user, who cannot enter /root. For root, in a clone
# under a directory that is closed to others, the demo's data goes to /var/tmp.
DEMO_HOME ?= $(shell d="$(CURDIR)"; \
	while [ "$$d" != / ] && [ -n "$$(find "$$d" -maxdepth 0 -perm -001)" ]; do d=$$(dirname "$$d"); done; \
	if [ "$$d" = / ] || [ "$$(id -u)" != 0 ]; then echo "$(CURDIR)/.ditan"; \
	else echo "/var/tmp/ditan-demo-$$(echo "$(CURDIR)" | cksum | cut -d ' ' -f 1)"; fi)

.DEFAULT_GOAL := help
.PHONY: help setup page demo test crash check bench bench-ledger bench-api screenshots docs fmt lock clean crash-rewards

# Node builds the page. Where the machine has none that will do, a Python package brings it into .venv.
NODE_WILL_DO := $(shell node -e 'const [a, b] = process.versions.node.split("."); \
	process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null && echo yes)
NODE := $(if $(NODE_WILL_DO),,$(VENV)/.node)
NPM := $(if $(NODE_WILL_DO),,PATH="$(CURDIR)/$(BIN):$$PATH") npm --prefix web --no-audit --no-fund
MODULES := web/node_modules/.installed
CLIENT := web/shared/api/schema.d.ts
PAGES := $(foreach page,home console,src/ditan/api/page/$(page)/index.html)
SHARED_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/home/*' -not -path 'web/console/*')

help: ## Print this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(INSTALLED) ## Install everything, hash-checked, into .venv; leaves .venv/bin/ditan.

page: $(PAGES) ## Build the customer's page and the console from web/.

demo: setup page ## Run a bank's quarter through Ditan and show what each audience would see.
	DITAN_HOME="$(DEMO_HOME)" $(BIN)/ditan demo $(ARGS)

test: setup page ## Run all tests, on three processes: they often wait for a browser or a disk.
	$(NPM) run --silent test
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

crash: setup ## Kill clients and PostgreSQL again and again, and count what was lost or doubled (ROUNDS=200).
	$(BIN)/python -m tests.crash --rounds $(ROUNDS) $(ARGS)

crash-rewards: setup ## Kill workers while a partner misbehaves; orders, energy, stock and partner agree (ROUNDS=200).
	$(BIN)/python -m tests.rewards --rounds $(ROUNDS) $(ARGS)

check: setup page ## Check format, lint, types and the import contract.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(NPM) run --silent check

bench: setup ## Run the benchmark; figures go to bench/results/.
	$(BIN)/python -m bench $(ARGS)

bench-ledger: setup ## Measure the ledger beside plain PostgreSQL (ARGS=--quick, ARGS=--full).
	$(BIN)/python -m bench.ledger $(ARGS)

bench-api: setup ## Measure the first page beside a bare SELECT on the same server (ARGS=--quick).
	$(BIN)/python -m bench.api $(ARGS)

screenshots: setup page ## Take pictures of every page into screenshots/ (ARGS="--only home,act --width 390").
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

docs: setup ## Write the pages of docs/reference that are made from the code.
	$(BIN)/python -m docs.generator

fmt: setup ## Format the code and apply the safe fixes.
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(NPM) run --silent fmt

lock: setup ## Pin the dependencies of pyproject.toml again (UPGRADE=--upgrade for newer ones).
	$(COMPILE) pyproject.toml $(UPGRADE) --output-file requirements.lock
	$(COMPILE) pyproject.toml $(UPGRADE) --group dev --constraint requirements.lock \
		--no-annotate --output-file requirements-dev.lock
	$(COMPILE) $(UPGRADE) --group node --no-annotate --output-file requirements-node.lock

clean: ## Stop the demo's database and remove .venv, caches and the demo's data.
	-@[ ! -x $(BIN)/ditan ] || [ ! -d "$(DEMO_HOME)" ] || DITAN_HOME="$(DEMO_HOME)" $(BIN)/ditan db stop
	rm -rf "$(DEMO_HOME)" $(VENV) web/node_modules $(dir $(PAGES)) screenshots build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# `pip` and not `uv` here: a bank's machine has its package mirror in pip's own configuration.
# The last line needs no network: the build backend comes from the lock as well.
$(INSTALLED): requirements-dev.lock pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing the locked dependencies into $(VENV) (a minute or two the first time) …"
	@$(PIP) install --require-hashes --no-deps --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Ditan needs Python 3.11 or newer; name one with: make setup PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.node: requirements-node.lock $(INSTALLED)
	@echo "Installing Node into $(VENV), for this machine has none that will do …"
	@$(PIP) install --require-hashes --no-deps --requirement requirements-node.lock
	@touch $@

$(MODULES): web/package-lock.json web/package.json web/home/package.json web/console/package.json web/shared/package.json $(NODE)
	@echo "Installing what the page is built with into web/node_modules …"
	@$(NPM) ci --ignore-scripts --silent
	@touch $@

$(CLIENT): $(MODULES) docs/reference/openapi.json
	@$(NPM) run --silent client >/dev/null
	@touch $@

.SECONDEXPANSION:
$(PAGES): src/ditan/api/page/%/index.html: $(CLIENT) $(SHARED_SOURCES) $$(shell find web/$$* -type f -not -path '*/node_modules/*')
	@echo "Building the page $* …"
	@$(NPM) run --silent build --workspace $* -- --logLevel warn
	@touch $@
