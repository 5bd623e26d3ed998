# `make help` lists the targets; every one sets itself up first (scripts/bootstrap.sh, at once when nothing changed).
# Options for a command go into ARGS, for example: make up ARGS="--broker embedded"
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up demo test lint bench down reset
ARGS ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv from uv.lock and nothing else
	@scripts/bootstrap.sh

up: setup ## start everything on this machine; Ctrl-C stops it
	@exec forkant up $(ARGS)

demo: setup ## fill the running platform with cases through its public API
	@exec forkant demo $(ARGS)

test: setup ## run every test
	@scripts/ensure-chromium.sh
	@exec python -m pytest $(ARGS)

lint: setup ## run every static check
	@scripts/lint.sh

bench: setup ## run every benchmarks/bench_*.py, one after the other
	@set -e; for each in benchmarks/bench_*.py; do \
	  [ -e "$$each" ] || { echo "forkant: there is no benchmark in benchmarks/ yet" >&2; exit 1; }; \
	  echo "== $$each"; python "$$each" $(ARGS); done

down: setup ## stop what `make up ARGS=--detach` started
	@exec forkant down $(ARGS)

reset: setup ## stop, and delete the databases, topics and logs (asks first)
	@exec forkant reset $(ARGS)
