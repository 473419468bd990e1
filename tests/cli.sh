#!/bin/sh
# tests/cli.sh CHAPERONE: commands, options, exit codes and JSON keys of
# CONTRACT.md, docs/writing-rules.md and docs/SEEDS.md.  Each part ends with
# "NAME: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
code=0
for part in cli tools doc seeds; do
    python3 -B "tests/cli/check_$part.py" "$1" || code=1
done
exit $code
