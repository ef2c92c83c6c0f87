#!/bin/sh
# Instructions per message of indexing, of receiving, of the full parse and of printing, by the difference method: callgrind counts a
# run of 20 and a run of 220 messages; what start-up costs falls out. Needs valgrind.
#   instructions.sh PATH_TO/message_work [MESSAGE...]       without messages: our own corpus
# Exits with 1 where the full parse of our corpus's INVITE takes more instructions than the limit.
set -eu
program=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
limit=${INSTRUCTION_LIMIT:-8000}
[ $# -gt 0 ] || set -- "$here"/corpus/invite.sip "$here"/corpus/ok.sip "$here"/corpus/register.sip "$here"/corpus/large.sip
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }

count() { # WORK FILE TIMES
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" "$3" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

status=0
for message in "$@"; do
    for work in index receive full print; do
        each=$((($(count "$work" "$message" 220) - $(count "$work" "$message" 20)) / 200))
        echo "$(basename "$message"): $work $each instructions"
        if [ "$work $(basename "$message")" = "full invite.sip" ] && [ "$each" -gt "$limit" ]; then
            echo "more than $limit" >&2
            status=1
        fi
    done
done
exit $status
