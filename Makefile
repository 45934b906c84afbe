# Each target sets itself up in .venv; it needs Python 3.11 or newer and make.
#   make demo    train on a real sample and write its report
#   make test    every test, two at a time
#   make lint    formatting, style and types
#   make docs    write docs/findings/ anew, a page for each sign that the doctor knows
#   make calibrate  measure on healthy runs what is usual for the doctor's signs, and write their thresholds (ten minutes)
#   make bench   all benchmarks (about three hours); or one: make bench ONLY=steps

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
BENCHES := startup steps augment image_steps image_accuracy image_peers image_predict image_large cells large tables transfer transfer_photos doctor/run doctor/healthy doctor/real doctor/repairs doctor/overhead
ONLY := $(BENCHES)

# The first of these that runs and is new enough; to choose another: make PYTHON=/path/to/python test
PYTHON = $(firstword $(foreach one,python3 python3.11 python3.12 python3.13 python3.14,\
	$(shell $(one) -c 'import sys; sys.version_info >= (3, 11) and print("$(one)")' 2>/dev/null)))

.PHONY: demo test lint bench docs calibrate
.DELETE_ON_ERROR:

demo: $(VENV)/with-core
	@run="runs/demo-$$(date +%Y%m%d-%H%M%S)" \
	&& $(BIN)/espalier train sample:breast_cancer --target target --out "$$run" \
	&& echo "The report: $$run/report.html"

test: $(VENV)/with-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

lint: $(VENV)/with-dev
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/ruff check src tests bench docs
	$(BIN)/mypy

docs: $(VENV)/with-dev
	OMP_NUM_THREADS=1 $(BIN)/python docs/make_findings.py --examples

calibrate: $(VENV)/with-bench
	OMP_NUM_THREADS=1 $(BIN)/python bench/doctor/calibrate.py

bench: $(VENV)/with-bench
	@for name in $(ONLY); do $(BIN)/python "bench/$$name.py" || exit; done

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Espalier needs Python 3.11 or newer; found none. Name one: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/with-core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/with-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[boost,dev,excel,series,sql,zstd]'
	@touch $@

$(VENV)/with-bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[bench,boost,series]'
	@touch $@
