# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHON ?= python3
export PYTHON
ARGS ?=
RELEASE = build/portal-users-$(shell sed -n 's/^version: *//p' galaxy.yml)

# Nothing of the person's own Ansible is read or written.
export ANSIBLE_CONFIG := $(CURDIR)/.cache/ansible.cfg
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections

.DEFAULT_GOAL := help
.PHONY: help demo simulator test test-all unit integration campaign sanity lint docs derived site build sbom bench changelog lock clean link \
	demo-tools test-tools

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: demo-tools build ## Tell the story of a year: one roster of people, five simulated portals; build/demo keeps the papers
	@PYTHONPATH="$(CURDIR)/tests" .venv/bin/python -m demo $(ARGS)

simulator: demo-tools ## Serve the simulated portals on loopback (ARGS=--help shows the options)
	@PYTHONPATH="$(CURDIR)/tests" .venv/bin/python -m simulator $(ARGS)

test: test-tools ## Run the checks on the lowest and the newest ansible-core; ends with "N passed, N failed"
	@.venv/bin/python tests/run.py $(ARGS)

test-all: test-tools ## Run every check on every supported line of ansible-core
	@.venv/bin/python tests/run.py all

unit: test-tools link ## Run the unit tests in the checkout (ARGS="-k guard" is passed to pytest)
	@.venv/bin/python -m pytest $(ARGS)

integration: test-tools ## Run the integration targets through real ansible-playbook (ARGS=clc_user runs one)
	@.venv/bin/python tests/run.py $(if $(ARGS),integration --target $(ARGS),targets)

campaign: test-tools link ## Play random tasks through random faults (SEED=1 RUNS=100000; RUN=17 plays that one again; SOCKETS=1: over TLS and proxies)
	@PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/.cache/link" PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -m campaign$(if $(SOCKETS),.sockets) \
		$(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(RUN),--run $(RUN)) $(ARGS)

sanity: test-tools ## Run ansible-test sanity
	@.venv/bin/python tests/run.py sanity

lint: test-tools ## Run the linters, the type checker and the documentation checks
	@.venv/bin/python tests/run.py lint

docs: test-tools ## Check the documentation of all plugins and the guides
	@.venv/bin/python tests/run.py docs

derived: test-tools link ## Write anew what follows from portals and documentation: tables, schemas, variables, action groups
	@PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/.cache/link" .venv/bin/python tests/derived.py

site: test-tools ## Write the pages of all guides and plugins into build/site
	@.venv/bin/python tests/run.py site

# Only what this makes itself is replaced: whatever else a person has in build/ stays.
build: demo-tools ## Build the collection into build/ and install it into build/collections
	@mkdir -p build
	@.venv/bin/python tests/build.py build >build/build.log 2>&1 || { cat build/build.log >&2; exit 1; }
	@.venv/bin/ansible-galaxy collection install --force --offline -p build/collections $(RELEASE).tar.gz >>build/build.log

sbom: test-tools ## List the Python packages of an execution environment, in CycloneDX, beside the artifact
	@mkdir -p build
	@.venv/bin/python -m venv --clear --without-pip .cache/ee
	@.venv/bin/python -m pip --python .cache/ee/bin/python install --disable-pip-version-check --quiet -r requirements/ee.lock
	@.venv/bin/cyclonedx-py environment --output-reproducible --output-file $(RELEASE).cdx.json .cache/ee/bin/python

bench: demo-tools build ## Measure against uri loops, mitogen and a bare script (QUICK=1: half an hour; ARGS=--page updates the documentation)
	@rm -rf .cache/bench
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet --target .cache/bench -r requirements/bench.lock
	@PYTHONPATH="$(CURDIR)/tests" .venv/bin/python -m bench $(if $(QUICK),--quick) $(ARGS)

changelog: test-tools ## Turn the fragments into the current version's entry of CHANGELOG.md
	@.venv/bin/antsibull-changelog release --update-existing --reload-plugins --ansible-doc-bin "$(CURDIR)/.venv/bin/ansible-doc"

lock: test-tools ## Lock what requirements/*.txt ask for and what that brings (ARGS=--upgrade: the newest that fits)
	@.venv/bin/python requirements/lock.py $(ARGS)

clean: ## Remove everything that make has made, .venv included
	rm -rf .cache .venv build tests/output

link:
	@mkdir -p .cache/link/ansible_collections/portal
	@ln -sfn "$(CURDIR)" .cache/link/ansible_collections/portal/users

demo-tools:
	@sh requirements/install.sh demo
	@mkdir -p .cache && : >.cache/ansible.cfg

test-tools:
	@sh requirements/install.sh test
