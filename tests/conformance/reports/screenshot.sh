#!/usr/bin/env bash
# screenshot.sh BUILD: makes the pictures of the report in docs/conformance again, with Chromium without a screen (Debian: chromium,
# pngquant). By hand only.
set -euo pipefail
cd "$(dirname "$0")/../../.."
build=$1 out=docs/conformance
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$out"

# picture NAME WIDTH,HEIGHT PAGE [OPTION...]
picture() {
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
    --disable-sync --user-data-dir="$folder/browser" --hide-scrollbars "${@:4}" --screenshot="$folder/$1.png" --window-size="$2" "file://$folder/$3" 2>/dev/null
  pngquant --force --speed 1 --nofs --output "$out/$1.png" 48 "$folder/$1.png"
}

# A callee that answers a hold with sendrecv.
python3 - tests/conformance/captures/1.4.pcap "$folder/1.4-wrong.pcap" <<'MUTATE'
import sys
data = open(sys.argv[1], "rb").read()
# As long as before: lengths and offsets stay right.
open(sys.argv[2], "wb").write(data.replace(b"a=recvonly", b"a=sendrecv"))
MUTATE
cp tests/conformance/captures/1.*.pcap "$folder"
build=$(realpath "$build")
check() { (cd "$folder" && "$build/tests/conformance/offhook-conformance" check --html "$@" >/dev/null || true); }
check report.html 1.{1,2,3,4,5,6,7,8,9,10,11}.pcap
check ladder.html 1.11.pcap
check wrong.html 1.4-wrong.pcap

picture overview 1280,620 report.html
picture ladder 1280,1460 'ladder.html#m0-18'
picture mismatch 1280,1240 wrong.html
picture dark 1280,1460 'ladder.html#m0-18' --force-dark-mode --enable-features=WebContentsForceDark:inversion_method/none
ls -l "$out"
