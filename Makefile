# make demo    a day from sensor logs to reports, on a small made-up world
# make test    the tests
# make check   style, types, catalogue, reference pages
# make bench   how fast all of it is beside its floors (EVENTS=, REPEATS=, FIGURES=; hours at full size)
# make lock    requirements.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)

PYTHON ?= python3
UPGRADE ?=
PYTEST ?=
EVENTS ?= 20000000
REPEATS ?= 3
FIGURES ?= lookup,matcher,kernels,correlations,collect,rules,night,marginal,service,links,delivery,query

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test check check-types check-else bench lock setup clean

demo: $(READY)
	@$(BIN)/tocsin demo

# With PYTEST, only what it names; else the tests of the service on PostgreSQL first, then all. What
# takes long to make, and no test changes, is made once for both.
test: $(READY)
ifeq ($(PYTEST),)
	@made=$$(mktemp -d); trap 'rm -rf "$$made"' EXIT; export TOCSIN_TEST_MADE="$$made"; \
	  $(BIN)/python -m tests.service.on_postgresql && $(BIN)/pytest -n auto --dist worksteal
else
	@$(BIN)/pytest -n auto --dist worksteal $(PYTEST)
endif

# Side by side, since one of them takes as long as all others.
check: $(READY)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-else

check-types: $(READY)
	$(BIN)/mypy src tests $(wildcard bench)

check-else: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/tocsin catalogue check
	$(BIN)/tocsin rules check
	$(BIN)/tocsin catalogue reference --check

bench: $(READY)
	@$(BIN)/python -m bench --events $(EVENTS) --repeats $(REPEATS) --figures $(FIGURES)

setup: $(READY)

# Made anew whenever what is to be installed has changed, and only then.
$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no $(PYTHON). Tocsin needs Python 3.11 or newer: make PYTHON=/path/to/python3"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=/path/to/python3"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments."; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv"; \
	  exit 1; }
	@echo "Installing what Tocsin needs into $(VENV); this is done once and takes a minute or two."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
	  --no-compile --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
	  --no-deps --no-build-isolation --editable .
	@touch $@

# From the public index alone, whatever else this machine is set up to install from: the hashes
# have to be those that everybody gets.
lock:
	@$(PYTHON) -m venv --clear build/lock
	@build/lock/bin/python -m pip install --quiet 'pip-tools>=7.6,<8'
	@env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	  build/lock/bin/pip-compile --quiet --generate-hashes --extra dev --build-deps-for editable \
	  --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-header \
	  $(UPGRADE) --output-file requirements.txt pyproject.toml
	@sed -i '1i # Every dependency of Tocsin and of its tests, with the hashes of its files. Made by `make lock`.' \
	  requirements.txt

clean:
	rm -rf $(VENV) build dist demo-home
