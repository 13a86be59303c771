# `make run` is all it takes to see Tallywire work, `make test` all it takes to check it.

SWIFT ?= swift
ARGS ?=

# How many tests run at once. All of them together would make each wait for a core, and tests of time are then tests of the machine.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 16

.PHONY: run build test browser fuzz conformance lint format docs bench storm simulate etcd-kills socket-io-kills exec-crashes rounds copy-figures \
	sink-latency cluster chaos backup-kills package package-check dependencies

## Install what is missing, build, start a broker if none listens, load the sample catalogue, run the server.
run: dependencies
	$(SWIFT) build -c release --product tallywire
	scripts/run.sh $(ARGS)

## Three nodes, three etcd and a broker on this machine, with the sample catalogue; says what to kill. See docs/CLUSTER.md.
cluster: build
	@scripts/install-dependencies.sh tests
	scripts/cluster.sh

build: dependencies
	$(SWIFT) build -c release --product tallywire

## Everything that has to pass: unit tests, tests with a real broker, real sockets and real processes, the client in Node, and the pages in
## a real Chromium.
test: dependencies
	@scripts/install-dependencies.sh tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip TallywireServerTests --skip TallywireClientTests --skip JournalTwinTests --skip StateModelTests \
		--skip SimulationTests --skip EtcdLogTests
# By themselves, since they keep the threads busy that all tests share, or the machine.
	$(SWIFT) test --skip-build --filter 'JournalTwinTests|StateModelTests|SimulationTests'
	$(SWIFT) test --skip-build --filter EtcdLogTests
# By themselves, since they run whole servers under load, and tests of time beside them would be tests of the machine.
	$(SWIFT) test --skip-build --filter TallywireServerTests
	$(SWIFT) test --skip-build --filter TallywireClientTests
	clients/js/check
	Tests/SocketIO/run
	Tests/Browser/run

## The pages in a real Chromium, against a real server and broker; pictures of them in .build/screenshots.
browser: dependencies
	@scripts/install-dependencies.sh tests
	$(SWIFT) build --product tallywire
	Tests/Browser/run

## What reads from outside, fed with whatever libFuzzer comes up with, each for FUZZ_SECONDS: barcodes, plugins.json, MQTT payloads, WebSocket
## messages, HTTP bodies.
FUZZ_SECONDS ?= 60
fuzz: dependencies
	scripts/fuzz-gs1 $(FUZZ_SECONDS)
	scripts/fuzz $(FUZZ_SECONDS)

## The WebSocket endpoint against Autobahn's test suite, which comes from PyPI and needs a Python 2.7; needs the release build.
conformance:
	scripts/autobahn.sh

## Swift's format, and that nothing in the repository points outside of it.
lint:
	scripts/check-links
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Fuzzing Benchmarks/Package.swift Benchmarks/Sources Snippets examples

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Fuzzing Benchmarks/Package.swift Benchmarks/Sources Snippets examples

## DocC pages of the public libraries, in .build/docs.
docs: dependencies
	scripts/docs.sh

## Engine and journal against a bare SQLite loop, a follower of a cluster beside the engine, and programs against a bare pipe.
bench: dependencies
	cd Benchmarks && $(SWIFT) run -c release --scratch-path ../.build EngineThroughput \
		&& $(SWIFT) run -c release --scratch-path ../.build FollowerThroughput \
		&& $(SWIFT) run -c release --scratch-path ../.build OpeningTime \
		&& $(SWIFT) run -c release --scratch-path ../.build ExecThroughput

## A hundred thousand reservations that end in the same second, and scans meanwhile; see Benchmarks/reservations.
storm: build
	Benchmarks/reservations/storm.py

## The nodes of a real cluster killed, frozen, restarted and cut off under load, each CHAOS times; fails if anything was lost or doubled.
CHAOS ?= 20
chaos: build
	@scripts/install-dependencies.sh tests
	$(SWIFT) build -c release --product chaos
	scripts/apart .build/release/chaos --times $(CHAOS) $(ARGS)

## The leader of etcd killed and frozen under appends, ETCD_KILLS times each; `make test` does it once.
ETCD_KILLS ?= 50
etcd-kills: dependencies
	@scripts/install-dependencies.sh tests
	$(SWIFT) build --build-tests
	ETCD_KILLS=$(ETCD_KILLS) $(SWIFT) test --skip-build --filter EtcdFailureTests

## A cluster in one thread: SEEDS seeds of lost answers, crashes, pauses, cuts and clocks that jump, and the mistakes that a run has to notice.
SEEDS ?= 2000
simulate: dependencies
	$(SWIFT) build -c release --product simulate
	.build/release/simulate --seeds $(SEEDS)
	.build/release/simulate --mutations --seeds 2000

## Backups killed at BACKUP_KILLS moments, while the server writes; `make test` does it six times.
BACKUP_KILLS ?= 100
backup-kills: dependencies
	$(SWIFT) build --build-tests
	BACKUP_KILLS=$(BACKUP_KILLS) $(SWIFT) test --skip-build --filter BackupTests.killed

## Servers and clients of Socket.IO, killed fifty times at random moments: each client that is recovered has every event.
socket-io-kills: dependencies
	$(SWIFT) build --product tallywire
	SOCKET_IO_ROUNDS=50 Tests/SocketIO/run

## Server and programs of `exec` killed at random, EXEC_CRASH_ROUNDS times; `make test` does it three times.
EXEC_CRASH_ROUNDS ?= 50
exec-crashes: dependencies
	$(SWIFT) build --build-tests
	EXEC_CRASH_ROUNDS=$(EXEC_CRASH_ROUNDS) $(SWIFT) test --skip-build --filter ExecCrashTests

## How long a journal of COPY_EVENTS events takes to copy, and how long commits take meanwhile; `make test` copies a small one.
COPY_EVENTS ?= 1000000
copy-figures: dependencies
	$(SWIFT) build --build-tests
	COPY_EVENTS=$(COPY_EVENTS) $(SWIFT) test --skip-build --filter CopyTests.besideCommits

## The server and what the sinks `webhook`, `postgres` and `nats` deliver to, killed ROUNDS times at random moments.
ROUNDS ?= 50
rounds: dependencies
	@scripts/install-dependencies.sh tests
	$(SWIFT) build --product tallywire
	ROUNDS=$(ROUNDS) Tests/Browser/run test_webhook.py test_postgres.py test_nats.py -k "killed"

## How long scans take to be acknowledged while what a sink delivers to hangs, beside servers without that sink; needs the release build and a
## machine on which nothing else runs.
sink-latency: build
	@scripts/install-dependencies.sh tests
	TALLYWIRE=.build/release/tallywire SINK_LATENCY_SCANS=2000 Tests/Browser/run test_sink_latency.py -s

## tallywire_VERSION_ARCH.deb, its debug symbols and an OCI image, in .build/package/out. See docs/INSTALL.md.
package: dependencies
	scripts/package.sh

## The packages installed, upgraded, removed and purged in Debian 12 and 13, the image run, and both made again. Needs root.
package-check:
	scripts/package-check.sh

dependencies:
	@scripts/install-dependencies.sh
