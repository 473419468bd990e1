#!/bin/sh
# deps.sh NAME...: installs the Debian packages that are missing.
#
# Asks dpkg first, so that nothing is run when all are there.  Never starts a
# service, never configures a mail server, never removes another one: where
# one is installed it says so and ends with 69 (EX_UNAVAILABLE).
set -u
PATH=$PATH:/usr/sbin:/sbin
POLICY=/usr/sbin/policy-rc.d
made_policy=

say() { echo "deps: $*" >&2; }

# A nodejs from elsewhere brings npm along and conflicts with Debian's.
installed() {
    [ "$1" = npm ] && command -v npm >/dev/null && return 0
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Another MTA than Postfix, by the virtual package that all of them provide.
other_mta() {
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
        sed -n 's/^installed \([^ ]*\) .*mail-transport-agent.*/\1/p' |
        grep -v '^postfix$' | head -n 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# No service starts while we install; a policy that is there already stays.
forbid_services() {
    [ -e "$POLICY" ] && return 0
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
}

allow_services() {
    [ -n "$made_policy" ] && as_root rm -f "$POLICY"
    made_policy=
}

missing=
for name in "$@"; do
    installed "$name" || missing="$missing $name"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    say "no apt-get here; please install:$missing"
    exit 69
fi
if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "needs root or sudo to install:$missing"
    exit 69
fi
case " $missing " in
*" postfix "*)
    other=$(other_mta)
    if [ -n "$other" ]; then
        say "the mail server $other is installed; Postfix would replace it."
        say "Use a machine or container without it."
        exit 69
    fi
    ;;
esac

say "installing:$missing"
trap allow_services EXIT
trap 'exit 75' HUP INT TERM
forbid_services
if [ "$missing" != "${missing#* postfix}" ] && command -v debconf-set-selections >/dev/null; then
    echo 'postfix postfix/main_mailer_type select No configuration' |
        as_root debconf-set-selections
fi
as_root apt-get update -qq || say "apt-get update failed; trying with what is known"
# shellcheck disable=SC2086 # a list of names
if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 $missing >&2; then
    say "could not install:$missing"
    exit 69
fi
exit 0
