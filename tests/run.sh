#!/bin/sh
# tests/run.sh NAME PROGRAM...: runs cmocka programs, as many at once as there
# are processors, shows what failed, ends with "NAME: N passed, N failed".
set -u
name=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
# Each leaves its output, and its exit code last.
printf '%s\n' "$@" | xargs -P "$(nproc)" -I PROGRAM sh -c '
    out=$2/$(basename "$1")
    timeout 900 "$1" >"$out" 2>&1
    echo "exit $?" >>"$out"' run PROGRAM "$work"
passed=0 failed=0
for program in "$@"; do
    out=$work/$(basename "$program")
    p=$(grep -c '^\[ *OK *\]' "$out")
    f=$(grep -c '^\[ *FAILED *\] [a-z_0-9]*$' "$out")
    if ! tail -n 1 "$out" | grep -q '^exit 0$' && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$f" -gt 0 ] || [ "$p" -eq 0 ]; then
        echo "--- $program"
        tail -n 60 "$out"
        [ "$f" -gt 0 ] || f=1
    fi
    passed=$((passed + p)) failed=$((failed + f))
done
echo "$name: $passed passed, $failed failed"
[ $failed -eq 0 ]
