#!/bin/sh
# tests/fuzz.sh SECONDS|check [TARGET...]: each fuzz target (or just these) over
# its seeds, then for so long; check: for a few seconds that are the same each
# time, so that a change is what makes it fail.
# Ends with "fuzz: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
case $1 in
check) limits="-seed=1 -runs=4000 -max_total_time=30" ;;
*) limits="-max_total_time=$1" ;;
esac
shift
passed=0 failed=0
ulimit -c 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(cd build/fuzz && ls -d fuzz_* | sed 's/^fuzz_//')
for name in "$@"; do
    target=build/fuzz/fuzz_$name
    mkdir -p "$work/$name" "tests/fuzz/seeds/$name"
    if "$target" $limits -timeout=10 -rss_limit_mb=3000 -max_len=65536 \
        -artifact_prefix="$work/$name-" "$work/$name" "tests/fuzz/seeds/$name" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "fuzz $name: $(grep -E '^Done' "$work/log")"
    else
        failed=$((failed + 1))
        tail -n 40 "$work/log"
        keep=build/fuzz-found
        mkdir -p $keep && cp "$work/$name"-* $keep/ 2>/dev/null && echo "kept in $keep/"
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
