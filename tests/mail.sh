#!/bin/sh
# tests/mail.sh CHAPERONE: every tests/mail/NAME.eml against NAME.expect, and
# every sample against the verdict in its file name.
# NAME.expect: the verdict, then one line a finding: RULE WHERE PART ACTION
# and, with a span, the text it covers (see the files).
set -u
cd "$(dirname "$0")/.." || exit 1
chaperone=$1
exec python3 -B tests/mail/check_mail.py "$chaperone"
