#!/bin/sh
# tests/corpus.sh show|check|record CHAPERONE: the labelled posts of
# tests/corpus/dev and blind against the rules of this tree.
#   show    scores, and those of a list of key words for comparison
#   check   against the recorded baseline; ends "corpus: N passed, N failed"
#   record  writes the baseline anew
# A set without posts is left out.
set -u
cd "$(dirname "$0")/.." || exit 1
verb=$1 chaperone=$2
dir=tests/corpus
passed=0 failed=0

# evaluate CONFIG SET OPTION...: eval of all files of a set.
evaluate() {
    config=$1 set=$2
    shift 2
    "$chaperone" eval -c "$dir/$config" "$@" "$dir/$set"/*.jsonl
}

show() {
    echo "=== $1: the rules"
    evaluate practice.yaml "$1" || return 1
    echo "=== $1: key words alone"
    evaluate naive-config.yaml "$1" | sed -n '1,/false tag/p'
}

record() {
    evaluate practice.yaml "$1" --format json >"$out" &&
        python3 -m json.tool --indent 1 "$out" "$dir/baseline-$1.json"
}

check() {
    evaluate practice.yaml "$1" --baseline "$dir/baseline-$1.json" >"$out" 2>&1 && return 0
    sed -n '/^compared with/,$p' "$out" | grep . || cat "$out"
    echo "corpus $1: worse than recorded; if that is meant: make corpus-record"
    return 1
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
for set in dev blind; do
    ls "$dir/$set"/*.jsonl >/dev/null 2>&1 || continue
    if "$verb" "$set"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
# The published cases, names changed, and what words alone they come to: each
# must be stopped as labelled, whatever else gets better.
if [ "$verb" = check ]; then
    if evaluate practice.yaml . --format json >"$out" &&
        python3 - "$out" <<'END'
import json, sys
scores = json.load(open(sys.argv[1]))
wrong = scores["misses"] + scores["unstopped"]
print("\n".join(f"corpus case {name}: not stopped" for name in wrong))
sys.exit(bool(wrong) or scores["under"]["n"] > 0 or scores["posts"] < 15)
END
    then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi
[ "$verb" != check ] || echo "corpus: $passed passed, $failed failed"
[ $failed -eq 0 ]
