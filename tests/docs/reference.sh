#!/usr/bin/env bash
# reference.sh FOLDER       makes the reference of the libraries there, and fails where a public item has no comment
# reference.sh --self-test  proves that it fails there, and that it takes our ways of writing a comment
set -euo pipefail
top=$(realpath "$(dirname "$0")/../..")
cd "$top"
reference() { # FOLDER ROOT... (relative): what `doxygen docs/Doxyfile` makes, with the headers filtered all at once
  local folder=$1 headers=$1/headers
  shift
  rm -rf "$headers"
  mkdir -p "$headers"
  python3 "$top/tests/docs/doxygen_filter.py" --into "$headers" "$@"
  local inputs=("${@/#/$headers/}")
  { cat "$top/docs/Doxyfile"; printf '%s\n' "OUTPUT_DIRECTORY = $folder" "INPUT_FILTER =" "INPUT = ${inputs[*]}" \
      "STRIP_FROM_INC_PATH = ${inputs[*]}"; } | doxygen -
}
if [ "${1:-}" != --self-test ]; then
  reference "$1" libsip/include libsdp/include librtp/include
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
judge() { # NAME, and a header on standard input
  mkdir "$1"
  cat >"$1/header.hpp"
  reference "made-$1" "$1" >"$1.log" 2>&1
}
if judge bare <<<'namespace sip { struct naked { int member = 0; }; }'; then
  echo "an item without a comment was not found" >&2
  exit 1
fi
grep -q 'naked is not documented' bare.log || { cat bare.log >&2; exit 1; }
judge ours <<<'namespace sip {
/// Two bounds.
struct bounds {
    int low{1}, high{2};  ///< the bounds
    /// A time.
    unsigned first = 0, last = 0;
    bounds() = default;
    bool operator==(bounds const&) const = default;
};
}' || { cat ours.log >&2; exit 1; }
