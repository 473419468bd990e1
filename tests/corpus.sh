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
    "$chaperone" eval -c "$config" "$@" "$dir/$set"/*.jsonl
}

# The practice that posts.  What the encoder makes of 39,000 posts takes minutes
# and says little: it has learned from them, so the dev set does without.
practice_of() {
    cat "$dir/practice.yaml"
    [ "$1" != dev ] || echo "rules: {paths: ['$PWD/rules', '$PWD/tests/without-encoder.yaml']}"
}

show() {
    echo "=== $1: the rules"
    evaluate "$work/$1.yaml" "$1" || return 1
    echo "=== $1: key words alone"
    evaluate "$dir/naive-config.yaml" "$1" | sed -n '1,/false tag/p'
}

record() {
    evaluate "$work/$1.yaml" "$1" --format json >"$out" &&
        python3 -m json.tool --indent 1 "$out" "$dir/baseline-$1.json"
}

check() {
    evaluate "$work/$1.yaml" "$1" --baseline "$dir/baseline-$1.json" >"$out" 2>&1 && return 0
    sed -n '/^compared with/,$p' "$out" | grep . || cat "$out"
    echo "corpus $1: worse than recorded; if that is meant: make corpus-record"
    return 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/scores
for set in dev blind; do
    ls "$dir/$set"/*.jsonl >/dev/null 2>&1 || continue
    practice_of "$set" >"$work/$set.yaml"
    if "$verb" "$set"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
# The published cases, names changed, bare and with what mail programs put around
# a post, posts that only exist as MIME, and the rules' own examples: each must be
# stopped as labelled, whatever else gets better, and of the harmless ones none.
none_missed() {
    "$chaperone" eval -c "$dir/practice.yaml" --format json "$1" >"$out" && python3 - "$out" "$2" <<'END'
import json, sys
scores = json.load(open(sys.argv[1]))
wrong = scores["misses"] + scores["unstopped"] + scores["alarms"]
print("\n".join(f"corpus case {name}: not judged as labelled" for name in wrong))
sys.exit(bool(wrong) or scores["under"]["n"] > 0 or scores["posts"] < int(sys.argv[2]))
END
}
# What a regulator has fined is refused, not only held.
each_rejected() {
    "$chaperone" check -c "$dir/practice.yaml" --input jsonl --format json "$1" >"$out"
    [ $? -eq 3 ] && ! grep -v '"verdict":"reject"' "$out"
}
if [ "$verb" = check ]; then
    python3 -B "$dir/mime/build.py" "$work/mime"
    python3 -B "$dir/around.py" "$dir/regulators.jsonl" >"$work/around.jsonl"
    /usr/bin/python3 -B "$dir/examples.py" rules/*.yaml >"$work/examples.jsonl"
    for case in "$dir/regulators.jsonl 15" "$work/around.jsonl 120" "$work/mime/mime.jsonl 100" \
        "$work/examples.jsonl 200"; do
        if none_missed $case; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
    if each_rejected "$dir/regulators.jsonl"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi
[ "$verb" != check ] || echo "corpus: $passed passed, $failed failed"
[ $failed -eq 0 ]
