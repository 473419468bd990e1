#!/bin/sh
# tests/check.sh: every test: what reads foreign bytes and what runs long under
# AddressSanitizer and UBSan, the end-to-end tests both so and as installed,
# what only starts programs many times as installed.
# Ends with one line "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
SAN=address,undefined
SANDIR=build/san-address-undefined
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'trap - TERM; kill 0' INT TERM  # what runs beside, too
SUDO=$([ "$(id -u)" = 0 ] || echo sudo)
jobs=$(nproc)
start=$(date +%s)
# Spilled mail text has no place in a core file of a test either.
ulimit -c 0
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1

# step COMMAND...: runs it; its last line "NAME: N passed, N failed" counts.
step() {
    echo "== $* ($(($(date +%s) - start)) s)"
    "$@" 2>&1 | tee -a "$log"
}
build() {
    echo "== build $* ($(($(date +%s) - start)) s)"
    make -s -j"$jobs" DEV=1 "$@" || { echo "0 passed, 1 failed"; exit 1; }
}

build e2e-build
build SAN=$SAN e2e-build
build SAN=$SAN unit-build
# Without Vectorscan: it builds, and finds the same.
build WITHOUT_VECTORSCAN=1 all build/no-vectorscan/tests/test_scan \
    build/no-vectorscan/tests/test_ruleset
build fuzz-build

# The end-to-end tests wait more than they work: they run beside the others.
beside() {
    step $SUDO python3 -B tests/e2e/run_e2e.py --short $SANDIR
    step $SUDO python3 -B tests/e2e/run_e2e.py build
}
beside &
step make -s DEV=1 SAN=$SAN unit
step tests/run.sh no-vectorscan build/no-vectorscan/tests/test_scan \
    build/no-vectorscan/tests/test_ruleset
step tests/lint.sh
step tests/mail.sh $SANDIR/chaperone
step tests/gateways.sh $SANDIR/chaperone
step python3 -B tests/extract/planting.py $SANDIR
step python3 -B tests/schema/check_schema.py $SANDIR/chaperone
# What starts the programs hundreds of times, or judges thousands of posts: as
# installed.  make soak has these under sanitizers, too.
step tests/cli.sh build/chaperone
step python3 -B tests/extract/check_extract.py build
step /usr/bin/python3 -B tests/extract/check_clean.py build
step tests/corpus.sh check build/chaperone
step python3 -B tests/engines.py build/chaperone
step tests/fuzz.sh check
step $SUDO python3 -B tests/review/run_review.py build
wait

awk -v seconds=$(($(date +%s) - start)) '
    /^[a-z0-9-]+: [0-9]+ passed, [0-9]+ failed/ { p += $2; f += $4; n++ }
    END {
        if (n < 19) { print "a step gave no result: " n " of 19"; f++ }
        printf "all tests in %d s\n%d passed, %d failed\n", seconds, p, f
        exit f > 0
    }' "$log"
