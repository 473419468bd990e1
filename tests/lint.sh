#!/bin/sh
# tests/lint.sh: the rules of the house that a compiler does not see.
# Each check prints what it found; ends with "lint: N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# verdict NAME: what is in $found is wrong.
verdict() {
    if [ -s "$found" ]; then
        echo "lint: $1"
        sed 's/^/    /' "$found" | head -n 20
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}
# only HEADER REGEX: only files that match REGEX may include it.
only() {
    grep -lE "#include <$1" -r src include | grep -vE "$2" >"$found"
    verdict "<$1> belongs to $2 alone"
}

only 'libmilter/mfapi.h' '^src/milter/'
only 'sqlite3.h' '^src/record/'
only 'gmime/' '^src/(core/(message|charset|intake)|record/notice)'
only 'pcre2.h' '^src/core/regex.c'
only 'hs.h' '^src/core/scan.c'
only 'gumbo.h' '^src/core/html'
only 'sodium.h' '^src/record/'
only 'curl/' '^src/(record/smtp|cli/doctor_review).c'
only 'microhttpd.h' '^src/review/server.c'
only 'qrencode.h' '^src/review/qr.c'
only 'yaml.h' '^src/base/yaml.c'
for header in archive.h archive_entry.h poppler.h libxml/ gexiv2/ libheif/ ytnef.h gsf/ seccomp.h linux/landlock.h; do
    only "$header" '^src/extract/'
done
only 'spawn.h' '^src/sandbox/'

# Direction: base <- core, entity <- sandbox, record <- the mains; never
# sideways.
for main in milter cli extract review; do
    grep -nE "#include \"(milter|cli|extract|review)/" -r src/$main | grep -v "\"$main/" >"$found"
    verdict "src/$main includes another main"
done
grep -lE 'chaperone/(store|notice|smtp|ledger|announce|metrics)\.h' -r src/core src/entity src/base >"$found"
verdict "core or base includes record"
grep -lE '(chaperone/pool\.h|"(sandbox|extract)/)' -r src/core src/entity src/base src/record >"$found"
verdict "core, base or record includes sandbox"
grep -lE 'chaperone/(pool|store|log|smtp)\.h|"sandbox/' -r src/extract >"$found"
verdict "the jailed reader includes what works outside"

awk 'FNR == 1 { if (n > 800) print last ": " n " lines"; n = 0 } { n = FNR; last = FILENAME }
    END { if (n > 800) print last ": " n " lines" }' $(git ls-files 'src/*.c' 'src/*.h' 'tests/*.c') >"$found"
verdict "files over 800 lines"

awk '/^[a-z_].*\(/ && !/;/ { name = $0; start = 0 } /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start > 81) print FILENAME ":" start ": " name; start = 0 }' \
    $(git ls-files 'src/*.c') >"$found"
verdict "functions over 80 lines"

awk 'FNR == 1 { n = 0 } { n = FNR } FNR == 121 { print FILENAME }' \
    $(git ls-files 'include/chaperone/*.h' | grep -vE "store|limits|review|/config.h") >"$found"
verdict "public headers over 120 lines"

grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $(git ls-files src include rules conf) >"$found"
verdict "unfinished by its own words"

grep -nE '\bgoto\b' $(git ls-files 'src/*.c') | grep -v '^[^:]*:[0-9]*: *\*' >"$found"
verdict "goto"

for f in $(git ls-files 'src/*.c' 'src/*.h' 'include/*.h'); do
    case $(head -c 2 "$f") in '/*') ;; *) echo "$f" ;; esac
done >"$found"
verdict "a file that does not say its duty first"

grep -nE '\b[0-9]{3}-[0-9]{3}-[0-9]{4}\b' -r tests/samples tests/mail tests/corpus rules 2>/dev/null |
    grep -vE '555-01[0-9]{2}|800-222-1222|800-799-7233|833-852-6262|800-633-4227|800-662-4357|888-426-4435|888-373-7888|800-332-1088|800-677-1116|800-272-3900|800-498-8666|800-784-8669|855-335-3569|800-985-5990|800-985-3059|800-772-1213|800-321-6742|800-422-6237' >"$found"
verdict "phone numbers outside 555-01xx"

grep -noiE '[a-z0-9._-]+@[a-z0-9-]+\.[a-z0-9.-]*[a-z]' -r tests/corpus 2>/dev/null |
    grep -viE '@([a-z0-9-]+\.)*(example|invalid|test|localhost|example\.(com|net|org))$' >"$found"
verdict "mail addresses outside reserved domains"

if command -v clang-format >/dev/null; then
    clang-format --dry-run $(git ls-files '*.c' '*.h') 2>&1 | grep 'warning:' >"$found"
    verdict "formatting (make format)"
fi

if command -v mandoc >/dev/null; then
    mandoc -Tlint -Wwarning docs/man/*.[1-8] 2>&1 | grep -v 'referenced manual not found' >"$found"
    verdict "manual pages"
fi

echo "lint: $passed passed, $failed failed"
[ $failed -eq 0 ]
