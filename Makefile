# Two doors, `make run` and `make test`; each installs what it needs, once.
SHELL := /bin/bash
.SHELLFLAGS := -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3
PIPENV := .pipenv/bin/pipenv
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_VERBOSITY := -1

INSTALLED := .venv/.installed

.PHONY: help install run test check lock
help:
	@echo 'make install  what the others need; they call it themselves'
	@echo 'make run      synthesise every environment, gate it, try it on an emulated AWS'
	@echo 'make test     the whole test suite'
	@echo 'make check    linters, types and the direction of imports'
	@echo 'make lock     lock the packages of Pipfile anew'

install: $(INSTALLED)

run: $(INSTALLED)
	@.venv/bin/python -m delivery.run $(ENV)

test: $(INSTALLED)
	@.venv/bin/python -m pytest $(ARGS)

check: $(INSTALLED)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

# The lock names no package index: whoever installs decides where packages come from. Without this
# machine's pip configuration, because pipenv mixes the indexes it finds there into the hash.
lock: $(PIPENV)
	@PIP_CONFIG_FILE=/dev/null $(PIPENV) lock --dev
	@$(PYTHON) -m tools.strip_lock Pipfile.lock

$(INSTALLED): Pipfile.lock | $(PIPENV)
	@echo 'Installing the packages of Pipfile.lock into .venv, once (about 2 minutes)'
	@$(PIPENV) sync --dev
	@touch $@

$(PIPENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo '$(PYTHON) is older than 3.11: install Python 3.11, or make PYTHON=python3.12 …' >&2; exit 1; }
	@$(PYTHON) -m venv .pipenv \
	  || { echo '$(PYTHON) cannot make virtual environments: install its venv package (python3-venv)' >&2; exit 1; }
	@.pipenv/bin/pip install --quiet --disable-pip-version-check pipenv==$(PIPENV_VERSION)
