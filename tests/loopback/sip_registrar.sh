#!/bin/sh
# Runs the registrar example: a phone registers, the program is killed and started again, and the phone is still there.
# Usage: sip_registrar.sh FOLDER-OF-THE-PROGRAMS
set -eu
programs=$1
work=$(mktemp -d)
registrar=""
finish() {
    [ -z "$registrar" ] || kill "$registrar" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

start() {  # until it says where it listens
    "$programs/registrar" 127.0.0.1 44111 "$work/location" 1001=secret 1002=secret > "$work/out" 2>&1 & registrar=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        if [ "$(wc -l < "$work/out")" -ge 2 ]; then return 0; fi
        sleep 0.1
    done
    cat "$work/out"; exit 1
}
expect() {  # expect TEXT FILE
    grep -q -- "$1" "$2" || { echo "expected '$1' in:"; cat "$2"; exit 1; }
}

start
expect "listening on udp 127.0.0.1:44111" "$work/out"
expect "listening on tcp 127.0.0.1:44111" "$work/out"
stdbuf -oL "$programs/register" sip:1001@127.0.0.1:44111 secret sip:127.0.0.1:44111 60 > "$work/phone" 2>&1 & phone=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -q "registered for" "$work/phone" && break
    sleep 0.1
done
expect "registered for" "$work/phone"
kill -9 "$registrar"
start
# The phone has said nothing since, and is found through the new program.
"$programs/options_ping" sip:1001@127.0.0.1:44111 > "$work/ping"
expect "answered 200; allows INVITE" "$work/ping"
if "$programs/options_ping" sip:1002@127.0.0.1:44111 > "$work/ping"; then expect "answered 480" "$work/ping"; fi
kill "$phone"
if "$programs/register" sip:1001@127.0.0.1:44111 wrong sip:127.0.0.1:44111 1 > "$work/phone"; then exit 1; fi
expect "refused: 401" "$work/phone"
echo "the registrar does what it says"
