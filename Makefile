# make        build, check and test         make run    everything, with two bots
# make test   what CI runs                  make fix    format, and mend what can be mended
# make bench  measure, into bench/out       make heavy  the long tests
# make dist   wheel, sdist, single-file server, SBOM and checksums, into dist/
.PHONY: all build run test check fix bench heavy dist clean

PYTHON ?= python3
BIN = .venv/bin
CORE = pyproject.toml setup.py src/tremble/names.py src/tremble/order.py $(shell find src/tremble/sim src/tremble/net src/tremble/match src/tremble/rating -name '*.py')
MORE ?= --set match.frag_limit=5 --set match.time_limit_s=120 --set match.warmup_s=2

all: build test

build: .venv/.installed .venv/.tests

# The package and its compiled core. Compiled again when a source of the core changes.
.venv/.installed: $(CORE)
	@sh scripts/venv.sh $(PYTHON)
	@echo "Installing Tremble into .venv and compiling its core (about a minute)"
	@sh scripts/install.sh
	@touch $@

# What the tests need besides.
.venv/.tests: .venv/.installed pyproject.toml
	@$(BIN)/python scripts/extras.py test | $(BIN)/pip install --quiet --disable-pip-version-check -r /dev/stdin
	@touch $@

run: .venv/.installed
	@$(BIN)/tremble up --bots 2 $(MORE)

test: build
	@sh scripts/test-needs.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -m "not heavy" -n 4 --dist loadfile --no-loadscope-reorder -q

check: build
	@$(BIN)/ruff format --check --quiet src tests bench setup.py
	@$(BIN)/ruff check --quiet src tests bench setup.py
	@$(BIN)/mypy
	@$(BIN)/lint-imports | tail -1

fix: build
	@$(BIN)/ruff format src tests bench setup.py
	@$(BIN)/ruff check --fix src tests bench setup.py

bench: build
	@$(BIN)/python -m bench

heavy: build .venv/.dist
	@$(BIN)/pytest -m heavy

dist: build .venv/.dist
	@$(BIN)/python scripts/dist.py

# What a release needs besides.
.venv/.dist: .venv/.installed pyproject.toml
	@sh scripts/dist-needs.sh
	@$(BIN)/python scripts/extras.py dist | $(BIN)/pip install --quiet --disable-pip-version-check -r /dev/stdin
	@touch $@

clean:
	rm -rf .venv build dist src/*.egg-info src/*.so src/tremble/*.so src/tremble/*/*.so src/tremble/compiled.json
