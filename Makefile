# Every target does its own set-up on a Debian 12 machine with Node 20 and npm, as root. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The image that `make deploy` installs.
IMAGE ?= packetcapture:0.1.0
# Where a release has the archives of `make cli`.
BASE_URL ?= https://example.com/kubectl-pktcap

SANDBOX := hack/sandbox/sandbox
# --forceExit: what a failed test left open (a timer, a server) must not keep the runner from telling so.
JEST := NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' npx jest --forceExit
SCRIPTS = $(shell git ls-files -- .ci hack | xargs grep -lE '^\#!.*bash|^\# shellcheck shell=')

.PHONY: help
help: ## List all targets
	@grep -hE '^[a-z0-9.-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-18s %s\n", $$1, $$2 }'


.PHONY: demo
demo: node_modules ## A real cluster, a real bucket, the operator and a capture, from nothing: 10 minutes the first time, then 90 seconds
	@hack/build/debian-packages tcpdump gzip zstd
	@hack/demo/demo

.PHONY: demo-down
demo-down: ## Remove all that `make demo` made but its caches
	@hack/demo/demo-down


.PHONY: test
test: hostile-anew lint types test-unit test-integration test-e2e test-faults-short hostile-table ## All of lint, types, unit, integration, e2e and faults, on a real cluster and a real bucket

.PHONY: test-quick
test-quick: lint types test-unit ## Of these lint, types and unit: what needs no cluster, in less than a minute

.PHONY: lint
lint: node_modules ## eslint and shellcheck
	@hack/build/debian-packages shellcheck
	npx eslint .
	shellcheck --external-sources --source-path=SCRIPTDIR $(SCRIPTS)

.PHONY: types
types: node_modules ## The TypeScript compiler
	npx tsc --noEmit

.PHONY: test-unit
test-unit: node_modules ## Unit tests
	$(JEST) --selectProjects unit

.PHONY: test-integration
test-integration: node_modules ## Against a real API server (KUBEBUILDER_ASSETS), a real bucket and the real tcpdump
	@hack/build/debian-packages tcpdump netbase iproute2 iptables openssl gzip zstd tshark lua5.1 tmux
	@hack/test/prometheus-folder >/dev/null
	@hack/test/with-sandbox env $(JEST) --selectProjects integration --runInBand

.PHONY: test-e2e
test-e2e: node_modules ## Against the sandbox, or the cluster of KUBECONFIG
	@hack/build/debian-packages tshark
	@hack/test/prometheus-folder >/dev/null
	@hack/test/with-operator env $(JEST) --selectProjects e2e --maxWorkers=3
	@hack/test/with-operator env $(JEST) --selectProjects e2e-alone --runInBand

.PHONY: hostile-table
hostile-table: node_modules ## The hostile cases that have run since the last make test began, as a table
	@node test/hostile/print.mjs

.PHONY: hostile-anew
hostile-anew:
	@rm -rf node_modules/.cache/hostile

.PHONY: test-faults
test-faults: node_modules ## Every fault at three random moments, judged by one oracle, as a table: docs/faults.md
	@hack/build/debian-packages tcpdump netbase iproute2 zstd
	@hack/test/with-operator node --enable-source-maps test/faults/run.mjs

.PHONY: test-faults-short
test-faults-short: node_modules ## The same of some faults of every kind, once: within 10 minutes
	@hack/build/debian-packages tcpdump netbase iproute2 zstd
	@SHORT=1 TIMES=1 hack/test/with-operator node --enable-source-maps test/faults/run.mjs


# What the figures are compared with, and what counts packets: tshark brings capinfos.
BENCH_PACKAGES := awscli netsniff-ng tcpreplay wrk tcpdump tshark curl

.PHONY: bench
bench: node_modules ## How fast, how lossless and how dear, side by side with other tools, on a quiet machine: docs/benchmarks.md
	@hack/build/debian-packages $(BENCH_PACKAGES)
	@PACKETCAPTURE_SANDBOX_STORE=file hack/test/with-operator node --enable-source-maps test/bench/run.mjs

.PHONY: bench-check
bench-check: node_modules ## The same anew, compared with docs/benchmarks.json: fails where something became worse by more than its margin
	@hack/build/debian-packages $(BENCH_PACKAGES)
	@PACKETCAPTURE_SANDBOX_STORE=file hack/test/with-operator node --enable-source-maps test/bench/run.mjs check


.PHONY: build
build: node_modules ## The bundles in dist/, with their bill of materials (sbom.cdx.json) and THIRD_PARTY_NOTICES
	npm run build

.PHONY: cli
cli: node_modules ## kubectl pktcap for Linux and macOS, as npm package and for krew, in dist/cli, dist/npm and dist/krew: docs/install-plugin.md
	node hack/build/cli-release.mjs --base-url "$(BASE_URL)"

.PHONY: crds
crds: node_modules ## crds/ and config/components/cel from src/api
	npm run crds

.PHONY: docs
docs: node_modules ## The generated pages of docs/ from src/api, the dashboard from hack/dashboard, and the alert rules from hack/alerts
	npm run docs

.PHONY: dashboard-recording
dashboard-recording: node_modules ## What a real Prometheus answers to the dashboard while a scene is played on the sandbox: make docs draws it
	@hack/test/prometheus-folder >/dev/null
	@hack/test/with-operator node --enable-source-maps test/dashboard/run.mjs

.PHONY: image
image: ## The image, with docker, podman or buildah, as IMAGE
	@hack/build/image "$(IMAGE)"

.PHONY: release-image
release-image: ## The same for a release: NODE_IMAGE names its base by digest
	@hack/build/image --release "$(IMAGE)"

.PHONY: install.yaml
install.yaml: ## dist/install.yaml: everything that an installation needs, in one file, with IMAGE
	@mkdir -p dist
	hack/deploy/render "$(IMAGE)" > dist/install.yaml


.PHONY: sandbox-up
sandbox-up: ## The sandbox: two nodes and a bucket on this machine
	@$(SANDBOX) up

.PHONY: sandbox-down
sandbox-down: ## Stop the sandbox and undo all it made but its caches
	@$(SANDBOX) down

.PHONY: deploy
deploy: ## Install the operator with IMAGE into the cluster of KUBECONFIG
	@hack/deploy/deploy "$(IMAGE)"

.PHONY: undeploy
undeploy: ## Remove captures, operator and CRDs from the cluster of KUBECONFIG
	@hack/deploy/undeploy

node_modules: node_modules/.package-lock.json
node_modules/.package-lock.json: package-lock.json
	npm ci --no-progress
	@touch $@
