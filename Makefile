# Every target sets itself up: on Debian bookworm as root the packages that are
# missing are installed first (.ci/setup). `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Compiler results and the Go-built tools outlive the source tree.
HOLYSTONE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/holystone
export HOLYSTONE_CACHE
export CCACHE_DIR ?= $(HOLYSTONE_CACHE)/ccache
# One folder is like another for the cache: a fresh clone finds its objects.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1

JOBS ?= $(shell nproc)
# Tests, demo and end-to-end run what is shipped; it is built once.
RELEASE := build/release

# Runs the tests of one build and says at the end why any was left out. The
# longest of them tell stories and mostly wait.
define run_tests
	@.ci/setup go web monitoring shells
	@tools=($$(test/cluster/build-tools kopia kubectl versitygw helm)); \
	HOLYSTONE_KOPIA=$${tools[0]}/kopia KUBECTL=$${tools[1]}/kubectl \
	HOLYSTONE_VERSITYGW=$${tools[2]}/versitygw HELM=$${tools[3]}/helm \
	  ctest --test-dir $(1) --output-on-failure --no-tests=error \
	    -j$$((2 * $(JOBS)))
	@grep -h '^skipped: ' $(1)/Testing/Temporary/LastTest.log | sort | uniq -c \
	  || echo "No test was skipped."
endef

.PHONY: help
help: ## say what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

.PHONY: setup
setup:
	@.ci/setup build

$(RELEASE)/build.ninja: CMakePresets.json | setup
	cmake --preset release

.PHONY: build
build: $(RELEASE)/build.ninja ## build/release/holystone and holystone-sim
	cmake --build $(RELEASE) -j$(JOBS) --target holystone holystone-sim

.PHONY: test
test: $(RELEASE)/build.ninja ## build everything and run all tests but e2e
	cmake --build $(RELEASE) -j$(JOBS)
	$(call run_tests,$(RELEASE))

.PHONY: demo
demo: build ## watch a simulated cluster being maintained; ONCE=1 ends by itself
	cmake --build $(RELEASE) -j$(JOBS) --target paced_clock
	test/demo/play $(if $(ONCE),--once)

.PHONY: e2e
e2e: build ## the whole story on a real Kubernetes node
	@.ci/setup go node monitoring
	cmake --build $(RELEASE) -j$(JOBS) --target holystone-before
	test/cluster/e2e

.PHONY: cluster
cluster: build ## start a real node with the operator and leave it running
	@.ci/setup go node
	test/cluster/e2e --only-install

.PHONY: cluster-example
cluster-example: ## a repository on that node, a source, a run that succeeds
	@test/cluster/example

.PHONY: cluster-view
cluster-view: ## its web page on localhost:8081, Prometheus on :9090; Ctrl-C ends
	@.ci/setup monitoring
	@test/cluster/view

.PHONY: cluster-stop
cluster-stop: ## stop that node
	test/cluster/down

.PHONY: bench
bench: build ## 1,000 repositories on a real API server -> build/bench.json
	@.ci/setup go node
	cmake --build $(RELEASE) -j$(JOBS) --target plain_client
	test/bench/run $(RELEASE) build/bench.json

.PHONY: load
load: build ## 10,000 repositories on a simulated cluster -> build/load.json
	cmake --build $(RELEASE) -j$(JOBS) --target paced_clock
	test/load/run $(RELEASE) build/load.json

.PHONY: conformance
conformance: build ## ask a real control plane what the simulator's tests expect
	@.ci/setup go node
	test/conformance/real

.PHONY: perturb
perturb: $(RELEASE)/build.ninja ## all faults -> build/perturb.json; PLAN="..." replays one
	cmake --build $(RELEASE) -j$(JOBS) --target perturb
ifdef PLAN
	$(RELEASE)/test/perturb --replay "$(PLAN)"
else
	$(RELEASE)/test/perturb --jobs $(JOBS) --json build/perturb.json
	test/perturb/run_mutants --jobs $(JOBS) --json build/perturb.json
endif

# The other presets: slower builds that find what the release build can't.
.PHONY: dev
dev: setup ## debug build and its tests
	cmake --preset dev
	cmake --build build/dev -j$(JOBS)
	$(call run_tests,build/dev)

.PHONY: asan
asan: setup ## tests under the address and undefined-behaviour sanitizers
	cmake --preset asan
	cmake --build build/asan -j$(JOBS)
	$(call run_tests,build/asan)

.PHONY: tsan
tsan: export TSAN_OPTIONS = ignore_noninstrumented_modules=1 \
  suppressions=$(CURDIR)/test/tsan.suppressions
tsan: setup ## tests under the thread sanitizer
	cmake --preset tsan
	cmake --build build/tsan -j$(JOBS)
	$(call run_tests,build/tsan)

# Seconds for each target, and where invention begins: elsewhere each time.
FUZZ ?= 60
FUZZ_SEED ?=

.PHONY: fuzz
fuzz: setup ## invent input for all parsers; FUZZ=60 seconds for each
	@.ci/setup fuzz
	cmake --preset fuzz
	cmake --build build/fuzz -j$(JOBS) --target fuzz
	test/fuzz/run build/fuzz --seconds $(FUZZ) \
	  $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

.PHONY: tidy
tidy: setup ## is everything formatted, and clang-tidy over the programs
	@.ci/setup style
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run -Werror
	cmake --preset tidy
	cmake --build build/tidy -j$(JOBS) --target holystone holystone-sim

.PHONY: format
format: ## clang-format over everything
	@.ci/setup style
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 -i

.PHONY: clean
clean: ## remove build/
	rm -rf build
