#!/bin/sh
# Runs every small example against another one or the embedded proxy, and checks what it prints.
# Usage: sip_examples.sh FOLDER-OF-THE-PROGRAMS
set -eu
programs=$1
work=$(mktemp -d)
running=""
finish() {
    for pid in $running; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

expect() {  # expect TEXT FILE
    grep -q -- "$1" "$2" || { echo "expected '$1' in:"; cat "$2"; exit 1; }
}
wait_for() {  # wait_for PORT: until somebody answers there
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        # TCP says at once whether the program is up yet; UDP would be silent.
        if "$programs/options_ping" "sip:127.0.0.1:$1;transport=tcp" > "$work/ping" 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "nobody answers on port $1"; exit 1
}

echo "callbacks_instead_of_coroutines"
"$programs/callbacks_instead_of_coroutines" > "$work/callbacks"
expect "alice: bob has hung up" "$work/callbacks"

echo "answer, options_ping and call_out"
"$programs/answer" 127.0.0.1 44101 2 > "$work/answer" & answer=$!
running="$running $answer"
wait_for 44101
"$programs/options_ping" sip:127.0.0.1:44101 > "$work/ping"
expect "answered 200; allows INVITE" "$work/ping"
for target in "sip:127.0.0.1:44101" "sip:127.0.0.1:44101;transport=tcp"; do
    "$programs/call_out" "$target" 1 > "$work/call"
    expect "180 Ringing" "$work/call"
    expect "answered" "$work/call"
    expect "ended: by us" "$work/call"
done
wait "$answer"  # it ends after two calls
expect "the call is up" "$work/answer"

echo "hello_call"
"$programs/answer" 127.0.0.1 44101 1 > "$work/answer" & answer=$!
running="$running $answer"
wait_for 44101
"$programs/hello_call" sip:127.0.0.1:44101 > "$work/hello"
expect "^hello" "$work/hello"
wait "$answer"
"$programs/hello_call" "sip:127.0.0.1:44101;transport=tcp" > "$work/hello"
expect "^nobody is there" "$work/hello"

echo "watcher and mailbox"
"$programs/mailbox" 127.0.0.1 44103 30 & running="$running $!"
wait_for 44103
"$programs/watcher" sip:mailbox@127.0.0.1:44103 2 > "$work/watcher"
expect "Voice-Message: 0/0" "$work/watcher"
expect "Voice-Message: 1/0" "$work/watcher"
expect "^left" "$work/watcher"

echo "attended_transfer"
"$programs/attended_transfer" > "$work/transfer"
expect "bob is told 200" "$work/transfer"
expect "carol talks to bob now" "$work/transfer"

echo "sans_io_call and sans_io_transaction"
"$programs/sans_io_call" > "$work/sans_io"
expect "2000 ms  alice  ACK" "$work/sans_io"
expect "62000 ms  alice  200" "$work/sans_io"
"$programs/sans_io_transaction" > "$work/sans_io"
expect "client is told 200" "$work/sans_io"

echo "guide"
"$programs/guide" > "$work/guide"
expect "^on hold" "$work/guide"
expect 'sip_messages_total{direction="in",transport="UDP",status="200"} 2' "$work/guide"
expect 'sip_timeouts_total{method="INVITE"} 0' "$work/guide"

echo "options_ping where nobody is"
if "$programs/options_ping" "sip:127.0.0.1:44101;transport=tcp" > "$work/ping"; then exit 1; fi
expect "no answer" "$work/ping"

echo "register at the embedded proxy"
"$programs/offhook-proxy" --listen 127.0.0.1:44102 --domain 127.0.0.1 --user 1001:secret --database "$work/location" \
    > "$work/proxy" 2>&1 & running="$running $!"
wait_for 44102
"$programs/register" sip:1001@127.0.0.1:44102 secret sip:127.0.0.1:44102 1 > "$work/register"
expect "registered for" "$work/register"
expect "^unregistered" "$work/register"
if "$programs/register" sip:1001@127.0.0.1:44102 wrong sip:127.0.0.1:44102 1 > "$work/register"; then exit 1; fi
expect "refused: 401" "$work/register"
echo "all examples do what they say"
