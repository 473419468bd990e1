#!/bin/sh
# tests/soak.sh MINUTES [TARGET...]: long fuzzing of every target, one after
# another, MINUTES in all; then the end-to-end tests under sanitizers once
# more.  With targets ("rules scan"), just these, MINUTES each.
set -u
cd "$(dirname "$0")/.." || exit 1
minutes=$1
shift
if [ $# -gt 0 ]; then
    exec tests/fuzz.sh $((minutes * 60)) "$@"
fi
targets=$(ls build/fuzz/fuzz_* | wc -l)
make -s -j"$(nproc)" SAN=address,undefined all || exit 1
status=0
tests/fuzz.sh $((minutes * 60 / targets)) || status=1
$([ "$(id -u)" = 0 ] || echo sudo) python3 -B tests/e2e/run_e2e.py build/san-address-undefined || status=1
exit $status
