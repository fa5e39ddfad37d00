# The two commands a newcomer needs are `make report` and `make test`.
.PHONY: report test setup build bench sweep clean

OUT ?= layerbench-out
ARGS ?=

report: build
	target/release/layerbench run --out $(OUT) $(ARGS)

build: setup
	cargo build --release --locked

setup:
	@scripts/setup.sh

test: setup
	scripts/test.sh

bench: setup
	cargo bench --locked

sweep: build
	target/release/layerbench sweep

clean:
	cargo clean
