#!/bin/sh
# How much of what a fuzz target is about a corpus reaches: lines of the sources that targets.tsv names.
#   coverage.sh BUILD_FOLDER [TARGET...]       without targets: all of targets.tsv
# Corpora are the folders of CORPUS (tests/fuzz/corpus). The build is one of fuzz targets that count lines too:
#   cmake --preset fuzz -DCMAKE_CXX_FLAGS="-fprofile-instr-generate -fcoverage-mapping"
# Needs llvm-profdata and llvm-cov of clang's version (VERSION, 14).
set -eu
build=$1
shift
version=${VERSION:-14}
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- $(sed '/^#/d; s/\t.*//' "$here/targets.tsv")

printf '%-20s %8s %8s %8s\n' target lines reached percent
for target in "$@"; do
    sources=$(sed -n "s/^$target\t//p" "$here/targets.tsv")
    [ -n "$sources" ] || { echo "$target is not in targets.tsv" >&2; exit 1; }
    program=$build/tests/fuzz/fuzz_$target
    counts=$build/$target.profraw
    LLVM_PROFILE_FILE=$counts "$program" -runs=0 "${CORPUS:-$here/corpus}/$target" >"$build/$target.log" 2>&1 ||
        { cat "$build/$target.log" >&2; exit 1; }
    llvm-profdata-"$version" merge -sparse "$counts" -o "$build/$target.profdata"
    llvm-cov-"$version" export -format=lcov -summary-only "$program" -instr-profile="$build/$target.profdata" |
        awk -F: -v target="$target" -v sources="$sources" '
            BEGIN { count = split(sources, wanted, " ") }
            /^SF:/ { is_wanted = 0; for (i = 1; i <= count; i++) if (index($2, "/" wanted[i])) is_wanted = 1 }
            /^LF:/ && is_wanted { lines += $2 }
            /^LH:/ && is_wanted { reached += $2 }
            END { printf "%-20s %8d %8d %7.1f%%\n", target, lines, reached, 100 * reached / lines }'
done
