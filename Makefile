# `make help` lists the targets; every one sets itself up first (scripts/bootstrap.sh, at once when nothing changed).
# Options for a command go into ARGS, for example: make up ARGS="--broker embedded"
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up up-docker down-docker sbom docs demo test faults lint bench down reset
ARGS ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from uv.lock and nothing else
	@scripts/bootstrap.sh

up: setup ## start everything on this machine; Ctrl-C stops it
	@exec forkant up $(ARGS)

up-docker: setup ## the same in containers, by docker-compose.yml
	@exec forkant compose up $(ARGS)

down-docker: setup ## stop the containers (ARGS=--volumes: delete their data too)
	@exec forkant compose down $(ARGS)

sbom: setup ## write what each image is made of (CycloneDX) into dist/
	@mkdir -p dist && for each in case-service indicator-service notification-service; do \
	  .forkant/tools/bin/uv export --quiet --locked --no-dev --package $$each --format cyclonedx1.5 \
	    --output-file dist/$$each.cdx.json >/dev/null && echo dist/$$each.cdx.json; done

docs: setup ## build the documentation site into dist/docs (ARGS=--serve: show it)
	@exec python -m scripts.docs_build $(ARGS)

demo: setup ## fill the running platform with cases through its public API
	@exec forkant demo $(ARGS)

test: setup ## run every test, with a worker per processor up to four
	@scripts/ensure-chromium.sh
	@scripts/ensure-clamd.sh
	@scripts/ensure-promtool.sh
	@scripts/ensure-kube-score.sh
	@unset PYTHONDONTWRITEBYTECODE; exec python -m pytest --numprocesses logical --maxprocesses 4 $(ARGS)

faults: setup ## cause every fault under load on real processes, and judge what is left (long)
	@exec forkant faults $(ARGS)

lint: setup ## run every static check
	@scripts/lint.sh

bench: setup ## measure the bars, each beside its ceiling
	@exec forkant bench $(ARGS)

down: setup ## stop what `make up ARGS=--detach` started
	@exec forkant down $(ARGS)

reset: setup ## stop, and delete the databases, topics and logs (asks first)
	@exec forkant reset $(ARGS)
