# What a person types. Each target sets up what it needs first; `make help` lists them.
PYTHON ?= python3
VENV := .venv/bin
SET_UP := $(PYTHON) tools/bootstrap.py
# The floors below edge, whose branches the tests must cover; one list for the gate and for the report.
CORE := base marking crypto tlog policy analysis dispatch desks node room
COMMA := ,
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)
FLOORS := $(subst $(SPACE),$(COMMA),$(CORE))
CORE_PERCENT := 100
# The tests that must cover the core by themselves; what else runs through it is not counted.
# Parts of the core that only an edge asks have their tests there: plans, papers and evidence, lists, rotas, erasing, custody, certificates, media.
# Properties run where nothing is counted: what their examples reach is another thing each time (docs/adr/0114-what-a-release-runs.md).
BY_EDGE := carrier caselist certificates_cross custody_listed custody_opens duties duty erased_further evidence plans renewing retaining
COUNTED := $(CORE:%=tests/unit/%) $(BY_EDGE:%=tests/unit/edge/test_%.py) tests/vectors
# One more than the two cores: a test that waits for a process or a page leaves its core to another. With four both runs took longer.
WORKERS ?= 3
# What is counted waits for nothing; there each further worker only finds and imports all tests once more.
COUNTING ?= 2
# Folders of tests lie in memory where that has so many kB to spare: a store waits for its disk at each commit, and no test here takes the
# power away (make trial has the disks that fail). Elsewhere they lie where temporary files do. Short names: a socket's is at most 107 bytes.
MEMORY := /dev/shm
MEMORY_KB := 4000000
# Compiled modules are kept, also where the machine says not to: else every node that a test starts compiles a thousand files anew.
unexport PYTHONDONTWRITEBYTECODE

# Units that ask the store by its port only: in make trial their stores are databases. The others reach into the file or take pictures of it.
INTO_THE_FILE := audit bad_input bundle challenge key_change_put_back link proofs recovery replay reseal store_faults subject suspending
ON_POSTGRESQL := tests/unit/node tests/unit/dispatch tests/unit/desks tests/unit/edge/test_search.py $(INTO_THE_FILE:%=--ignore=tests/unit/node/test_%.py)

.DEFAULT_GOAL := help
.PHONY: help demo attack test screens check check-fast bench lock format clean scan-table differential trade customs survey million worlds cuts trial defences hostile fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: ## two nodes on this machine, one day at the border, a page for each side, then the attacks
	@$(SET_UP) --runtime
	@$(VENV)/comity demo

attack: ## choose one of the ten attacks and watch it being noticed
	@$(SET_UP) --runtime
	@$(VENV)/comity demo --attack

test: ## the whole suite, browser tests among them, and the coverage of the core
	@$(SET_UP) --browser --database
	@rm -rf build/covering
	@failed=0; folder=; trap 'rm -rf "$$folder"; exit 130' INT TERM; \
	if [ -w $(MEMORY) ] && [ "$$(df -Pk $(MEMORY) | awk 'NR == 2 {print $$4}')" -ge $(MEMORY_KB) ]; then \
		folder=$$(mktemp -d $(MEMORY)/cXXXX) && chmod 711 $$folder && export TMPDIR=$$folder; \
	fi; \
	$(VENV)/python -m pytest -n $(COUNTING) --dist worksteal --durations=5 $${folder:+--basetemp=$$folder/1} -p tests.covering --covering $(FLOORS) -m 'not hypothesis' $(COUNTED) tests/properties || failed=1; \
	$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=5 $${folder:+--basetemp=$$folder/2} -m 'not slow and not beside' tests $(addprefix --ignore=,$(COUNTED)) || failed=1; \
	if [ $$failed = 0 ]; then rm -rf $$folder; elif [ -n "$$folder" ]; then echo "The folders of the tests are kept in $$folder, which is memory."; fi; \
	exit $$failed
	@echo
	@echo "Coverage of the core ($(CORE)), at least $(CORE_PERCENT) %:"
	@$(VENV)/python -m tests.covering $(CORE_PERCENT)

screens: ## a picture of every screen into docs/screens, and axe over all of them in four languages, light and dark
	@$(SET_UP) --browser
	@$(VENV)/python -m tests.browser.screens

check: ## format, lint, types, floors, references, house rules, documents
	@$(SET_UP)
	@$(VENV)/python tools/gates.py

check-fast: ## the same and the unit tests, in under two minutes
	@$(SET_UP)
	@$(VENV)/python tools/gates.py --units

bench: ## the speed of the parts; WHAT=name for one of them
	@$(SET_UP) --runtime
	@$(VENV)/comity bench $(or $(WHAT),all)

scan-table: ## precision and recall of the scan on its labelled set, by category and language
	@$(SET_UP)
	@$(VENV)/python -m tests.unit.marking.scan_measure

differential: ## the law gate beside a second reading of the law, 100,000 questions an edition
	@$(SET_UP)
	@$(VENV)/python -m tests.differential.run --questions $(or $(QUESTIONS),100000) --workers $(WORKERS)

trade: ## what the flow checks find of what is planted in made-up trade, by kind, with false alarms; SEEDS=number
	@$(SET_UP)
	@$(VENV)/python -m tests.trade.measure --seeds $(or $(SEEDS),20)

customs: ## how good the ranker is on customs declarations it has not seen, for five seeds
	@$(SET_UP)
	@$(VENV)/python -m tests.customs.measure --seeds $(or $(SEEDS),5)

survey: ## screen some 73,000 real structures and look at every hold; a share of it runs in make test
	@$(SET_UP)
	@$(VENV)/python -m tests.survey.run

million: ## screen a made-up file of a million rows, killed twice on its way; ROWS=n for another size
	@$(SET_UP)
	@$(VENV)/python -m tests.survey.million --rows $(or $(ROWS),1000000)

worlds: ## two nodes under every fault, key change and suspension in 200 simulated worlds; SEEDS=n for more
	@$(SET_UP) --runtime
	@$(VENV)/comity simulate --seeds $(or $(SEEDS),200)

defences: ## each defence of the table of adversaries taken away in a copy, and whether its test notices; WHAT=word for some
	@$(SET_UP)
	@$(VENV)/python -m tests.adversary.defences --only "$(WHAT)"

hostile: ## a hostile peer in a process of its own tries every row of the table over mutual TLS; TIMES=n for the times of opening
	@$(SET_UP)
	@$(VENV)/python -m tests.hostile.run --times $(or $(TIMES),150)

cuts: ## a thief with a stolen log key in 40 worlds, and the cut that ends it; SEEDS=n for more
	@$(SET_UP) --runtime
	@CUTS=$(or $(SEEDS),40) $(VENV)/python -m pytest -q tests/simulation/test_cut.py

trial: ## what is too long for make test, in pieces that can be stopped: WORLDS=10000, KILLS=200 over each store, properties, disks, PostgreSQL
	@$(SET_UP) --database
	@$(VENV)/python -m tests.trial.run --worlds $(or $(WORLDS),10000) --kills $(or $(KILLS),200) --workers $(WORKERS) $(if $(FRESH),--fresh) $(if $(ONLY),--only $(ONLY)) -- $(ON_POSTGRESQL)

fuzz: ## bytes of strangers at every reader, for SECONDS=60 each; TARGET=name for one, KEEP=1 writes the kept corpus anew
	@$(SET_UP) --fuzz
	@$(VENV)/python -m tests.fuzz.run --target $(or $(TARGET),all) --seconds $(or $(SECONDS),60) $(if $(KEEP),--keep)

format: ## put the code in the house's form
	@$(SET_UP)
	@$(VENV)/python -m ruff format .
	@$(VENV)/python -m ruff check --fix-only --quiet .

lock: ## write the locks anew from pyproject.toml, with all hashes
	@$(PYTHON) tools/lock.py

clean: ## remove what the tools leave behind; the environment stays
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* build dist
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
