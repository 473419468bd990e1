#!/bin/sh
# tests/fuzz.sh SECONDS [TARGET...]: each fuzz target (or just these) over its
# seeds, then for so long.
# Ends with "fuzz: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=$1
shift
passed=0 failed=0
ulimit -c 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(cd build/fuzz && ls -d fuzz_* | sed 's/^fuzz_//')
for name in "$@"; do
    target=build/fuzz/fuzz_$name
    mkdir -p "$work/$name" "tests/fuzz/seeds/$name"
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -max_len=65536 \
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
