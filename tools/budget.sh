#!/usr/bin/env bash
# Measures what building costs, against the budget of the house: a clean build with all tests, one
# edited rule until its test has run, an example. Usage:
#   tools/budget.sh          in a fresh clone of the last commit, so that nothing is reused; fails
#                            when something is over the budget
#   tools/budget.sh --here   in this tree, which must be a fresh clone itself; reports only, since
#                            other machines are slower
set -eu
cd "$(dirname "$0")/.."
[ -z "${GRADUS_DATA-}" ] && [ -d ../shared/data ] && GRADUS_DATA=$(cd ../shared/data && pwd)
export GRADUS_DATA=${GRADUS_DATA-}
folder=$(mktemp -d)
rule=tensor/elementwise/tanh.h
if [ "${1-}" = --here ]; then
  strict=""
  git diff --quiet -- "$rule" || { echo "budget: $rule has changes of your own" >&2; exit 1; }
  trap 'git checkout -q -- "$rule"; rm -rf "$folder"' EXIT
else
  strict=yes
  git clone -q . "$folder/gradus"
  cd "$folder/gradus"
  trap 'bazel clean --expunge > /dev/null 2>&1; rm -rf "$folder"' EXIT
fi

over=""
# measure NAME LIMIT COMMAND...
measure() {
  local name=$1 limit=$2 begin=$SECONDS
  shift 2
  "$@" > "$folder/log" 2>&1 || { tail -n 60 "$folder/log" >&2; exit 1; }
  printf '%-40s %4d s   (at most %d s)\n' "$name" $((SECONDS - begin)) "$limit"
  [ $((SECONDS - begin)) -le "$limit" ] || over=yes
}

measure "clean build and all tests" 900 ./gradus test
grep -q 'dy \* (T(1) - y \* y);' "$rule" || { echo "budget: $rule has no line to edit" >&2; exit 1; }
sed -i 's/dy \* (T(1) - y \* y);/dy * (T(1) - y * y) * T(1);/' "$rule"
measure "one edited rule until its test has run" 20 ./gradus test tensor/elementwise
measure "compiling an example" 6 \
  g++ -std=c++20 -O2 -march=native -I. -Ibazel-bin -c examples/demo.cc -o "$folder/demo.o"
[ -z "$over" ] && exit
echo "over the budget"
[ -z "$strict" ]
