# Everything sets itself up: it needs make, Python 3.11 or newer and, for the page and what touches CDK, Node 20.19 or
# newer. Environments are made anew only when their lock changes: .venv, node_modules, web/node_modules and .tools (uv,
# the AWS emulator).

OUT ?= cdk.out
PORT ?= 8080
DATA ?= ./data
SHOTS ?= build/screenshots

UV_VERSION := 0.13.9
UV_HOME := .tools/uv-$(UV_VERSION)
UV_TOOL := $(UV_HOME)/bin/uv
BIN := .venv/bin
CDK := node_modules/.bin/cdk
PAGE := modelyard/page/index.html
PAGE_SOURCES := $(shell find web -path web/node_modules -prune -o -type f ! -name schema.d.ts -print)
NEW_NODE := node -e 'const [a, b] = process.versions.node.split("."); process.exit(Number(a < 20 || (a == 20 && b < 19)))'
BROWSER := command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
    { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null || true
MINISTACK := .tools/ministack/bin/ministack

# What a user's own settings of uv must not change. An index or a certificate given by the environment is honoured.
export UV := $(CURDIR)/$(UV_TOOL)
export UV_NO_CONFIG := 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
unexport VIRTUAL_ENV UV_PYTHON UV_SYSTEM_PYTHON PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup serve page demo test check fmt synth deploy e2e-aws e2e-mlflow bench screenshots clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "make %-11s  %s\n", $$1, $$2}' Makefile

serve: .venv/.serve page ## Serve the registry on 127.0.0.1 (PORT=8080 DATA=./data)
	@exec $(BIN)/modelyard serve --port $(PORT) --data $(DATA)

# The API needs no page, so that a machine without Node serves all the same.
page: ## Build the web page, if its sources changed
	@if $(NEW_NODE) 2>/dev/null; then $(MAKE) --no-print-directory $(PAGE); \
	else echo "The web page is left out: it is built by Node 20.19 or newer" >&2; fi

demo: .venv/.dev ## Tell the whole story on real models, then clean up
	@$(BIN)/python -m demo

# As root on Debian a browser is installed; elsewhere the tests in one say that there is none.
test: .venv/.dev $(MINISTACK) node_modules/.done $(PAGE) ## Run every test (those on the AWS stack: e2e-aws)
	@$(BROWSER)
	$(BIN)/pytest -n auto --dist loadgroup

check: .venv/.dev node_modules/.done $(PAGE) ## Format, lint, types, import contracts, house rules, page, templates
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house
	npm --prefix web run --silent check
	$(MAKE) --no-print-directory synth
	$(MAKE) --no-print-directory synth OUT=cdk.out/people ARGS="-c issuer=https://issuer.example -c audience=page"

fmt: .venv/.dev web/node_modules/.done ## Format the code and mend what the linters can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	npm --prefix web run --silent fmt

# W3005: CDK lets each function wait for its role, so that the policy is there first.
synth: .venv/.dev node_modules/.done ## Write the CloudFormation template to cdk.out and lint it
	$(CDK) synth --quiet --output $(OUT) $(ARGS)
	$(BIN)/cfn-lint --ignore-checks W3005 --non-zero-exit-code error $(OUT)/Modelyard.template.json

deploy: .venv/.dev node_modules/.done ## Deploy to the AWS account of your credentials; ARGS="-c operator=you@example.com"
	$(CDK) bootstrap $(ARGS)
	$(CDK) deploy $(ARGS)

e2e-aws: .venv/.dev node_modules/.done $(MINISTACK) ## Deploy to a local AWS emulator and run the journeys there
	$(BIN)/python tests/e2e/aws_stack.py $(ARGS)

e2e-mlflow: .venv/.dev ## Bring over what a real MLflow server has; installs MLflow once (850 MB) into .tools
	$(BIN)/python -m demo.from_mlflow

# As root on Debian a browser is installed, as for the tests.
screenshots: .venv/.dev $(PAGE) ## Look at every page, in both themes and two widths; SHOTS=build/screenshots
	@$(BROWSER)
	@$(BIN)/python -m tests.page.screenshots $(SHOTS)

bench: .venv/.dev ## Measure side by side with peers (takes long); ARGS=--quick for a check
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove everything that was made here, but no data
	rm -rf .venv .tools .cache node_modules web/node_modules modelyard/page cdk.out dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

setup: .venv/.dev node_modules/.done web/node_modules/.done $(MINISTACK) ## Make all environments

# Python 3.13 first: it is what runs on Lambda.
$(UV_TOOL):
	@for python in $(PYTHON) python3.13 python3.14 python3.12 python3.11 python3; do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        "$$python" -m venv --clear $(UV_HOME) && break; \
	    fi; \
	done; \
	[ -x $(UV_HOME)/bin/python ] || { echo "make: needs Python 3.11 or newer, with venv" >&2; exit 1; }
	@$(UV_HOME)/bin/python -m pip --disable-pip-version-check install -q uv==$(UV_VERSION)

# The serving packages alone, so that the first start is fast; what a fuller set-up installed stays.
.venv/.serve: pyproject.toml uv.lock | $(UV_TOOL)
	@echo 'Setting up .venv (once) ...'
	@$(UV_TOOL) sync -q --frozen --inexact --python $(UV_HOME)/bin/python --no-default-groups --extra serve
	@touch $@

.venv/.dev: pyproject.toml uv.lock | $(UV_TOOL)
	@echo 'Setting up .venv for development (once) ...'
	@$(UV_TOOL) sync -q --frozen --python $(UV_HOME)/bin/python --all-extras --all-groups
	@touch .venv/.serve $@

node_modules/.done: package.json package-lock.json
	@node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null || { echo "make: needs Node 20 or newer" >&2; exit 1; }
	@echo 'Installing the CDK command line (once) ...'
	@npm ci --silent
	@touch $@

web/node_modules/.done: web/package.json web/package-lock.json
	@$(NEW_NODE) 2>/dev/null || { echo "make: needs Node 20.19 or newer" >&2; exit 1; }
	@echo 'Installing what builds the page (once) ...'
	@npm --prefix web ci --silent
	@touch $@

# Its types come of the API's description: what no longer fits breaks the build.
$(PAGE): $(PAGE_SOURCES) modelyard/contract/openapi.json web/node_modules/.done
	@echo 'Building the page ...'
	@npm --prefix web run --silent build -- --logLevel warn
	@touch $@

# An environment of its own: it pins its botocore.
$(MINISTACK): .ci/ministack.lock | $(UV_TOOL)
	@echo 'Setting up the AWS emulator (once) ...'
	@$(UV_TOOL) venv -q --clear --python $(UV_HOME)/bin/python .tools/ministack
	@$(UV_TOOL) pip sync -q --python .tools/ministack --require-hashes .ci/ministack.lock
	@touch $@
