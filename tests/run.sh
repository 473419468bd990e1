#!/bin/sh
# tests/run.sh NAME PROGRAM...: runs cmocka programs one by one, shows what
# failed, ends with "NAME: N passed, N failed".
set -u
name=$1
shift
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for program in "$@"; do
    ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} timeout 300 "$program" >"$out" 2>&1
    code=$?
    p=$(grep -c '^\[ *OK *\]' "$out")
    f=$(grep -c '^\[ *FAILED *\] [a-z_0-9]*$' "$out")
    if [ $code -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$f" -gt 0 ] || [ "$p" -eq 0 ]; then
        echo "--- $program (exit $code)"
        tail -n 60 "$out"
        [ "$f" -gt 0 ] || f=1
    fi
    passed=$((passed + p)) failed=$((failed + f))
done
echo "$name: $passed passed, $failed failed"
[ $failed -eq 0 ]
