#!/usr/bin/env bash
# Measures what building costs, against the budget of the house: a clean build with all tests, one
# edited file until its test is run again, an example. It builds in a folder of its own, so nothing
# is reused. Usage: tools/budget.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
folder=${1:-$(mktemp -d)}
bazel=(bazel "--output_user_root=$folder")
seconds() {
  local begin=$SECONDS
  "$@" > "$folder/log" 2>&1 || { tail -n 20 "$folder/log" >&2; exit 1; }
  echo $((SECONDS - begin))
}
verdict() {
  printf '%-46s %4d s   (at most %d s)\n' "$1" "$2" "$3"
  [ "$2" -le "$3" ] || over=yes
}
over=""
mkdir -p "$folder"

verdict "clean build and all tests" "$(seconds "${bazel[@]}" test //...)" 900

edited=tensor/elementwise/tanh.h
cp "$edited" "$folder/before"
trap 'cp "$folder/before" "$edited"; "${bazel[@]}" shutdown > /dev/null 2>&1' EXIT
echo "// edited" >> "$edited"
verdict "one edited rule until its test has run" \
  "$(seconds "${bazel[@]}" test //tests:tensor/elementwise)" 20
cp "$folder/before" "$edited"

begin=$(date +%s%N)
g++ -std=c++20 -O2 -march=native -I. -Ibazel-bin -fsyntax-only examples/demo.cc
verdict "compiling an example" $((($(date +%s%N) - begin + 999999999) / 1000000000)) 6
[ -z "$over" ] || { echo "over the budget"; exit 1; }
