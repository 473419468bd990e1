#!/bin/sh
# tests/cli.sh CHAPERONE: commands, options, exit codes and JSON keys of
# CONTRACT.md.  Ends with "cli: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
exec python3 -B tests/cli/check_cli.py "$1"
