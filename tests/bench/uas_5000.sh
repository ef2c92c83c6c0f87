#!/bin/sh
# CPU that a UDP user agent server spends on one call (INVITE, 180, 200, ACK, BYE, 200) under SIPp's built-in caller at a
# fixed rate: ours (uas_5000, release build) beside SIPp's own uas and beside uas_floor, which does nothing but the
# system calls, run in turn in one go, so that all meet the same machine. CPU is that of the whole server process, user
# and system, read before it is stopped. A run with failed or missing calls does not count and ends the script with an
# error.
#
# Usage: uas_5000.sh PROGRAM [ROUNDS [RATE [CALLS]]]      e.g. uas_5000.sh build/release/tests/bench/uas_5000
set -eu
program=$1 rounds=${2:-3} rate=${3:-5000} calls=${4:-50000}
port=44980
work=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
# SIPp's defaults (64 kB socket buffers, ended calls kept for 33 s) lose datagrams and slow it down at this rate.
sipp_options="-i 127.0.0.1 -nostdin -nd -deadcall_wait 0 -buff_size 4000000"
tick=$(getconf CLK_TCK)

start() {  # start NAME
    case $1 in
        offhook) "$program" 127.0.0.1 $port > "$work/server" 2>&1 & ;;
        floor) "$(dirname "$program")/uas_floor" 127.0.0.1 $port > "$work/server" 2>&1 & ;;
        sipp) (cd "$work" && exec sipp -sn uas -p $port $sipp_options) > "$work/server" 2>&1 & ;;
    esac
    server=$!
    sleep 1
    kill -0 "$server" 2>/dev/null || { echo "$1 did not start:"; cat "$work/server"; exit 1; }
}

measure() {  # measure NAME: sets `cost`, in microseconds of CPU for each call
    start "$1"
    before=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
    (cd "$work" && sipp -sn uac -p $((port + 1)) $sipp_options 127.0.0.1:$port -s service -rp 1000 -r "$rate" -m "$calls" \
        -l "$calls" -d 0 -timeout 120 -trace_stat -stf "$work/stat" -fd 3600) > "$work/client" 2>&1 || true
    after=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
    memory=$(awk '/^VmHWM/ { print $2 }' "/proc/$server/status")
    kill "$server" && wait "$server" 2>/dev/null || true
    server=""
    # The statistics' columns are found by their names in the first line.
    eval "$(awk -F';' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        END { printf "good=%d failed=%d again=%d reached=%.0f\n", $at["SuccessfulCall(C)"], $at["FailedCall(C)"],
              $at["Retransmissions(C)"], $at["CallRate(C)"] }' "$work/stat")"
    cost=$(awk -v t=$((after - before)) -v hz="$tick" -v n="$calls" 'BEGIN { printf "%.1f", t / hz * 1e6 / n }')
    printf '%-8s %6s us/call   %d calls, %d failed, %d retransmissions, %s/s, peak memory %d kB\n' \
        "$1" "$cost" "$good" "$failed" "$again" "$reached" "$memory"
    [ "$good" -eq "$calls" ] && [ "$failed" -eq 0 ] || { echo "$1 lost calls: this run does not count"; exit 1; }
}

ours="" theirs="" least=""
for round in $(seq "$rounds"); do
    measure offhook; ours="$ours $cost"
    measure sipp; theirs="$theirs $cost"
    measure floor; least="$least $cost"
done
median() { printf '%s\n' $1 | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
printf 'median: offhook %s us/call, sipp %s us/call, system calls alone %s us/call\n' \
    "$(median "$ours")" "$(median "$theirs")" "$(median "$least")"
