#!/usr/bin/env bash
# Measures what building costs, against the budget of the house: a clean build with all tests, one
# edited rule until its test has run, an example. It works in a fresh clone of the last commit, so
# nothing is reused. Usage: tools/budget.sh
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
git clone -q . "$folder/gradus"
[ -z "${GRADUS_DATA-}" ] && [ -d ../shared/data ] && GRADUS_DATA=$(cd ../shared/data && pwd)
export GRADUS_DATA=${GRADUS_DATA-}
cd "$folder/gradus"
trap 'bazel clean --expunge > /dev/null 2>&1; rm -rf "$folder"' EXIT

over=""
# measure NAME LIMIT COMMAND...
measure() {
  local name=$1 limit=$2 begin=$SECONDS
  shift 2
  "$@" > "$folder/log" 2>&1 || { tail -n 20 "$folder/log" >&2; exit 1; }
  printf '%-40s %4d s   (at most %d s)\n' "$name" $((SECONDS - begin)) "$limit"
  [ $((SECONDS - begin)) -le "$limit" ] || over=yes
}

measure "clean build and all tests" 900 ./gradus test
sed -i 's/return dy \* (T(1) - y \* y);/return dy * (T(1) - y * y) * T(1);/' tensor/elementwise/tanh.h
measure "one edited rule until its test has run" 20 ./gradus test tensor/elementwise
measure "compiling an example" 6 \
  g++ -std=c++20 -O2 -march=native -I. -Ibazel-bin -c examples/demo.cc -o "$folder/demo.o"
[ -z "$over" ] || { echo "over the budget"; exit 1; }
