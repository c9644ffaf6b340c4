# Each target sets up what it needs in .venv; a second call finds it there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
DEMO := demo
COURSE := course

.PHONY: demo course test check bench clean

demo: $(VENV)/.app  ## train on Fashion-MNIST and write a model and a report into demo/
	@mkdir -p $(DEMO)
	$(BIN)/onelayer fit fashion-mnist --epochs 10 --seed 0 --model $(DEMO)/fashion-mnist.onelayer --report $(DEMO)/fashion-mnist.html

course: $(VENV)/.torch  ## every page of the course in both languages, and an index, into course/
	$(BIN)/onelayer course all -o $(COURSE)

test: $(VENV)/.dev  ## every test and doctest
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.dev  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench  ## the measured comparison, into benchmarks/results/
	$(BIN)/python -m benchmarks.run

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(DEMO) $(COURSE) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.pip: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) pip
	@touch $@

$(VENV)/.app: $(VENV)/.pip pyproject.toml
	$(PIP) --editable '.[app]'
	@touch $@

$(VENV)/.torch: $(VENV)/.app
	$(PIP) --editable '.[app,torch]'
	@touch $@

$(VENV)/.dev: $(VENV)/.torch
	$(PIP) --editable '.[app,torch]' --group dev
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) --group bench
	@touch $@
