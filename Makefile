# make demo: the main job on real input.  make test: the tests.  make check: what CI checks besides.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
VIDEO ?=

.PHONY: demo test check format clean
.DELETE_ON_ERROR:

.venv/bin/python:
	@bash deploy/system_packages.sh
	$(PYTHON) -m venv .venv

.venv/serve.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cpu]'
	@touch $@

.venv/dev.stamp: .venv/serve.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cpu,train,timm,bench,dev]'
	@touch $@

demo: .venv/serve.stamp
	$(BIN)/python deploy/demo.py $(if $(VIDEO),--video '$(VIDEO)')

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto --dist worksteal

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
