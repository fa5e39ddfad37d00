# The two commands a newcomer needs are `make report` and `make test`.
.PHONY: report test test-vm setup build bench conformance conformance-guests published claims crash baseline sweep clean

OUT ?= layerbench-out
ARGS ?=

report: build
	target/release/layerbench run --profile quick --out $(OUT) $(ARGS)

build: setup
	cargo build --release --locked

setup:
	@scripts/setup.sh

test:
	@scripts/setup.sh tests
	scripts/test.sh

# On OpenZFS and on older kernels, in virtual machines; where these cannot be had it says why.
test-vm: build
	scripts/test-vm.sh

bench: setup
	cargo bench --locked

# The catalogue page, with the answers of the drivers of this host, and those that the guests gave last.
conformance: build
	target/release/layerbench conform --out target/conformance $(ARGS)
	target/release/layerbench catalogue target/conformance $(wildcard docs/conformance/*.json.gz) > docs/conformance.md

# The guests' answers anew, for the page: about an hour where the processor is emulated.
conformance-guests: build
	scripts/test-vm.sh record

# The reference run's pages anew, from its records.
published: build
	target/release/layerbench publish docs/published --out docs/published --title "layerbench: reference runs"

# The page of published statements.
claims: build
	target/release/layerbench claims --list --markdown > docs/claims.md

# `make test` kills at four system calls of each operation; this kills at every one (of an open, at sixty). About a quarter of an hour.
crash: setup
	LAYERBENCH_CRASH_KILLS=1000000 cargo test --locked -p layerbench-conformance --test crash -- ::kill

# What scripts/gate.sh, a part of `make test`, compares with.
baseline: setup
	cargo build --locked -p layerbench
	scripts/gate.sh baseline

sweep: build
	target/release/layerbench sweep

clean:
	cargo clean
