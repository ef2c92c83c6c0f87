#!/bin/sh
# run.sh SERVER: SIP.js, under Node, against our WebSocket server, with and without TLS. The two packages of package-lock.json are fetched
# for each run (npm ci); if the package registry cannot be reached, the test fails and says so.
set -eu
server=$1
here=$(cd "$(dirname "$0")" && pwd)
for program in node npm; do
    command -v $program >/dev/null || { echo "$program is not installed (packages nodejs and npm)" >&2; exit 1; }
done
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/client.mjs" "$work"
cd "$work"
if ! timeout 90 npm ci --no-audit --no-fund --ignore-scripts --prefer-offline >npm.log 2>&1; then
    echo "npm ci failed; can the package registry be reached?" >&2
    tail -20 npm.log >&2
    exit 1
fi
"$server" "$work" >ports &
pid=$!
tries=0
until [ -s ports ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "the server does not start" >&2; exit 1; }
    sleep 0.1
done
read -r _ plain _ secure <ports
echo "== WebSocket"
timeout 60 node client.mjs "ws://127.0.0.1:$plain"
echo "== secure WebSocket"
NODE_EXTRA_CA_CERTS="$work/ca.pem" timeout 60 node client.mjs "wss://localhost:$secure"
kill -0 "$pid" || { echo "the server has ended" >&2; exit 1; }
