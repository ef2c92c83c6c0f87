#!/bin/sh
# Instructions per message of the full parse, by the difference method: callgrind counts a run of 20 and a run of 220
# messages; what start-up costs falls out. Needs valgrind.
#   instructions.sh PATH_TO/parse_full [MESSAGE...]       without messages: our own corpus
# Exits with 1 where the INVITE of our corpus takes more instructions than the limit.
set -eu
program=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
limit=${INSTRUCTION_LIMIT:-12000}
[ $# -gt 0 ] || set -- "$here"/corpus/invite.sip "$here"/corpus/ok.sip "$here"/corpus/register.sip "$here"/corpus/large.sip
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }

count() { # FILE TIMES
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

status=0
for message in "$@"; do
    few=$(count "$message" 20)
    many=$(count "$message" 220)
    each=$(((many - few) / 200))
    echo "$(basename "$message"): $each instructions per message"
    if [ "$(basename "$message")" = invite.sip ] && [ "$each" -gt "$limit" ]; then
        echo "more than $limit" >&2
        status=1
    fi
done
exit $status
