#!/bin/sh
# tests/soak.sh MINUTES [TARGET...]: long fuzzing of every target, one after
# another, MINUTES in all; damaged PDFs, as long; what starts programs,
# documents, the review page and the end-to-end tests under sanitizers; each
# call failing once; CH_KILLS (220) kills of everything that can die, under load; MINUTES under ThreadSanitizer; 100,000 messages in one process.
# With targets ("rules scan pdf"), just these, MINUTES each.
set -u
cd "$(dirname "$0")/.." || exit 1
minutes=$1
shift
status=0
# poppler is not ours to mend: the reader around it is what must hold.
pdf() {
    make -s -j"$(nproc)" SAN=address,undefined e2e-build || return 1
    python3 -B tests/extract/soak_pdf.py build/san-address-undefined $((minutes * 60))
}
if [ $# -gt 0 ]; then
    for target in "$@"; do
        if [ "$target" = pdf ]; then pdf; else tests/fuzz.sh $((minutes * 60)) "$target"; fi || status=1
    done
    exit $status
fi
targets=$(ls build/fuzz/fuzz_* | wc -l)
pdf || status=1
tests/fuzz.sh $((minutes * 60 / targets)) || status=1
SUDO=$([ "$(id -u)" = 0 ] || echo sudo)
$SUDO python3 -B tests/e2e/run_e2e.py build/san-address-undefined || status=1
tests/cli.sh build/san-address-undefined/chaperone || status=1
python3 -B tests/extract/check_extract.py build/san-address-undefined || status=1
$SUDO python3 -B tests/review/run_review.py build/san-address-undefined || status=1
make -s -j"$(nproc)" e2e-build || exit 1
$SUDO python3 -B tests/e2e/soak_fault.py build || status=1
$SUDO python3 -B tests/e2e/soak_crash.py build "${CH_KILLS:-220}" || status=1
make -s -j"$(nproc)" build/milterload || exit 1
make -s -j"$(nproc)" SAN=thread all || exit 1
$SUDO /usr/bin/python3 -B tests/e2e/soak_load.py build/san-thread --seconds $((minutes * 60)) || status=1
$SUDO /usr/bin/python3 -B tests/e2e/soak_load.py build --messages 100000 || status=1
exit $status
