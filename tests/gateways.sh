#!/bin/sh
# tests/gateways.sh CHAPERONE: what gateways make of posts, and mail that is
# none.  Ends with "gateways: N passed, N failed".
cd "$(dirname "$0")/.." || exit 1
exec python3 -B tests/gateways/check_gateways.py "$1"
