# The project's commands; README.md tells what each is for.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
TOOL := .build/debug/swift-build-image
RELEASE_TOOL := .build/release/swift-build-image
# Borders are checked, not promised: a module that imports what Package.swift does not name fails the build.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# Fully static (Docs/Architecture.md, "One file to ship"): the libraries that the static archives need in turn, and two
# symbols that keep the unwinder from sorting every frame of the program when it is first used. -s leaves symbols out.
STATIC_LIBS := archive deflate sqlite3 nettle acl attr lzma zstd lz4 bz2 z
STATIC_FLAGS := -Xswiftc -static-executable -Xlinker --eh-frame-hdr -Xlinker -s \
    -Xlinker --defsym=__register_frame_info=0 -Xlinker --defsym=__deregister_frame_info=0 \
    $(foreach lib,$(STATIC_LIBS),-Xlinker -l$(lib))
WHOLE_PROGRAM_TESTS := EndToEndTests|CrashTests
# Options for `make bench`, such as BENCH="--scale 0.1 --only warm".
BENCH ?=
# How long `make fuzz` runs.
FUZZ_SECONDS ?= 600

.PHONY: help setup build release install demo test bench real-image fuzz format lint soak clean

help: ## Shows this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## Installs the system packages that are missing (Debian, root)
	@Fixtures/install-packages system-packages.txt

build: setup ## Builds the debug program
	swift build $(SWIFT_FLAGS)

release: setup ## Builds one fully static program: .build/release/swift-build-image
	swift build -c release --product swift-build-image $(SWIFT_FLAGS) $(STATIC_FLAGS)

install: release ## Puts the static program into $(PREFIX)/bin
	install -D -m 0755 $(RELEASE_TOOL) $(DESTDIR)$(PREFIX)/bin/swift-build-image

demo: build ## Builds the demo image of Fixtures/demo and shows what came out
	@Fixtures/demo/run $(TOOL)

# The release program comes first: a test runs it in an empty root. Tests of the whole program wait for processes and
# have a run of their own, so that tests with time-outs are not kept from the few threads that all share.
test: release ## Builds everything and runs all tests
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build --disable-xctest --skip '$(WHOLE_PROGRAM_TESTS)'
	swift test --skip-build --disable-xctest --filter '$(WHOLE_PROGRAM_TESTS)'

bench: release ## Times the release program beside Debian's Docker engine
	@Fixtures/bench $(RELEASE_TOOL) $(BENCH)

real-image: build ## Compiles a C program on a Debian base made by mmdebstrap, copies it into scratch, runs it with runc
	@Fixtures/real-image/run $(TOOL)

fuzz: ## Fuzzes parser, expansion, patterns and checks; FUZZ_SECONDS=60 for a minute
	@Fixtures/fuzz/run $(FUZZ_SECONDS)

soak: build ## Long tests: kill -9 at many random moments
	SWIFT_BUILD_IMAGE_SOAK=1 swift test $(SWIFT_FLAGS) --disable-xctest --filter CrashTests

format: ## Formats all Swift files
	swift format -i -r Sources Tests Package.swift

lint: ## Checks the format as CI does
	swift format lint --strict -r Sources Tests Package.swift

clean: ## Removes everything that was built
	rm -rf .build
