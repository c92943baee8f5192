# The front door: `make help` says what there is. Everything below is one command of a tool that can
# as well be called by hand (cmake, ctest, kubectl, the scripts in tests/ and deploy/).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
CACHE := $(or $(BOOTSTRAP_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/bootstrap-operator,$(HOME)/.cache/bootstrap-operator))
RELEASE := build/release
OPERATOR := $(RELEASE)/operator/bootstrap-operator
IMAGE_TAR ?= build/image/bootstrap-operator.tar

# Names the step, so that a long silence has an author.
say = @printf '==> %s\n' "$(1)"
# $(call configure,PRESET): only when it was not yet; ninja does it again by itself when needed.
configure = test -e build/$(1)/build.ninja || cmake --preset $(1) >build/$(1).log 2>&1 || { cat build/$(1).log >&2; exit 1; }

.PHONY: help
help: ## This list
	@echo 'usage: make TARGET'; echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/p' Makefile | while IFS='|' read -r target text; do \
	  printf '  %-14s %s\n' $$target "$$text"; done
	@echo
	@echo 'CLUSTER=current IMAGE=registry/name:tag make demo    on the cluster of the current context'
	@echo 'KEEP=1 make demo                                     leave everything running at the end'

.PHONY: deps
deps: ## Install the Debian packages that are missing (build, test), check for Go
	@deps/install.sh build test
	@deps/go.sh

.PHONY: deps-check
deps-check: deps
	@deps/install.sh check

.PHONY: operator build
operator: deps ## Compile the operator alone (release)
	@$(call built,bootstrap-operator)
build: deps ## Compile the operator and the tests (release)
	@$(call built,all)
# $(call built,TARGET)
built = printf '==> building $(RELEASE)\n'; mkdir -p build; $(call configure,release); \
  cmake --build --preset release --parallel $(JOBS) --target $(1)

.PHONY: test
test: build ## All tests: unit, simulation, conformance, integration, scale, end to end
	$(call say,testing; the first time Kubernetes is compiled (minutes))
	@((EUID == 0)) || echo 'test: not root: the end-to-end tests will fail, they run real containers' >&2
	@stop() { for c in control-plane fake-nodes cluster; do tests/cluster/fixture.sh down "$$PWD/$(RELEASE)/clusters/$$c"; done; }; \
	trap stop EXIT; trap 'exit 130' INT TERM; \
	ctest --test-dir $(RELEASE) --output-on-failure --parallel $(JOBS) --timeout 600 --no-tests=error

.PHONY: demo
demo: ## Watch a whole setup run on a local cluster, then clean up
	@deploy/demo/demo.sh

.PHONY: bench
bench: build ## Measure; see docs/benchmarks.md
	@tests/bench/run.sh
	@tests/bench/fake_nodes.sh
	@tests/bench/many.sh

.PHONY: lint
lint: deps-check ## Format, clang-tidy and shellcheck, without changing anything
	$(call say,clang-format)
	@git ls-files -z '*.h' '*.cpp' | xargs -0 clang-format --dry-run -Werror
	$(call say,shellcheck)
	@git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning
	$(call say,clang-tidy of what is shipped (the tests are held to the compiler's warnings only))
	@mkdir -p build; $(call configure,dev)
	@run-clang-tidy -quiet -p build/dev -j $(JOBS) \
	  -extra-arg=-Wno-unknown-warning-option -extra-arg=-Wno-unused-lambda-capture "^$$PWD/(controllers|operator|cli)/" >build/clang-tidy.log 2>&1 \
	  || { grep -E -A4 '(warning|error):' build/clang-tidy.log >&2; exit 1; }

.PHONY: asan-ubsan tsan
asan-ubsan: deps ## Unit, simulation and conformance tests with address and undefined behaviour sanitizers
	@$(call sanitized,asan-ubsan,unit unit-operator simulation conformance)
tsan: deps ## Tests of what has threads, and conformance, with the thread sanitizer
	@$(call sanitized,tsan,unit-operator conformance)
# $(call sanitized,PRESET,LABELS)
sanitized = printf '==> testing with $(1)\n'; mkdir -p build; $(call configure,$(1)); \
  cmake --build --preset $(1) --parallel $(JOBS) --target $(addprefix tests_,$(2)); \
  ctest --test-dir build/$(1) --output-on-failure --parallel $(JOBS) --timeout 600 --no-tests=error \
    -L '^($(subst $() ,|,$(2)))$$'

.PHONY: image
image: deps-check ## Build the Dockerfile to a docker-archive (IMAGE_TAR=...)
	@tests/image/build.sh "$(IMAGE_TAR)"

.PHONY: argocd-engine
argocd-engine: ## What Argo CD itself says of workflows; compiles it (minutes) the first time
	@deps/go.sh
	$(call say,asking Argo CD; the first time it is compiled (minutes))
	@tests/argocd/engine_test.sh

.PHONY: check-all
check-all: lint asan-ubsan tsan image test argocd-engine ## Everything that must hold before a release
	@tests/cluster/scripts_test.sh
	@if [[ -x tests/mutations/run.sh ]]; then MUTATIONS_DIR="$$PWD/build/mutations" tests/mutations/run.sh; fi

.PHONY: cluster-up cluster-down
cluster-up: operator ## Start a local cluster with the operator in it (root)
	@out=$$(tests/cluster/up.sh) && env=$$(sed -n 's/^ENV=//p' <<<"$$out") && \
	tests/e2e/deploy_operator.sh "$$env" "$(OPERATOR)" && echo "use it: . $$env; kubectl get bwf -A"
cluster-down: ## Stop it
	@tests/cluster/down.sh

.PHONY: clean
clean: ## Remove what was built
	@rm -rf build

.PHONY: distclean
distclean: clean ## And the compiled Kubernetes (minutes to build again)
	@rm -rf "$(CACHE)"
