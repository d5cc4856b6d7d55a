#!/usr/bin/env bash
# Builds the libFuzzer targets of fuzz/ with clang and runs them, two at a time.
# Usage: tools/fuzz.sh [TARGET...] [--seconds N]     (all targets; 60 seconds each)
set -u
cd "$(dirname "$0")/.." || exit 1
fail() { printf 'fuzz: %s\n' "$*" >&2; exit 1; }

seconds=60
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) [ $# -gt 1 ] || fail "--seconds needs a number"; seconds=$2; shift ;;
    --seconds=*) seconds=${1#*=} ;;
    -*) fail "'$1' is not an option; expected --seconds N" ;;
    *) [ -f "fuzz/$1.cc" ] && [ -d "fuzz/corpus/$1" ] || fail "no target is called '$1'"
      targets+=("$1") ;;
  esac
  shift
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "--seconds $seconds: expected a whole number from 1"
if [ ${#targets[@]} = 0 ]; then
  for folder in fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi
command -v clang++ > /dev/null || fail "clang++ is not installed; ./gradus fuzz installs it"

out=out/fuzz
mkdir -p "$out/objects" "$out/include/tensor" || exit 1
sh tools/umbrella.sh tensor/elementwise/*.h > "$out/include/tensor/elementwise_all.h"
export out
# Text, since Bash hands no arrays to other processes.
export flags="-std=c++20 -O1 -g -I. -I$out/include -include fuzz/source_location.h
  -ffp-contract=off -ffunction-sections -fno-omit-frame-pointer
  -fsanitize=address,undefined -fno-sanitize-recover=all"
printf '%s\n' tensor/*.cc tensor/io/*.cc data/*.cc "${targets[@]/#/fuzz/}" | sed '/^fuzz/s/$/.cc/' |
  xargs -P 2 -I{} bash -c '
    # New paths are what libFuzzer looks for: those of the readers, not of what is below them.
    case $1 in tensor/io/* | data/* | fuzz/*) flags+=" -fsanitize=fuzzer-no-link" ;; esac
    clang++ $flags -c "$1" -o "$out/objects/$(printf %s "$1" | tr / _).o"' _ {} ||
  fail "a source does not compile"
# Readers need no kernels, so these are not built; a call into one would end the run as a crash.
# (Shared libraries could not be told from what is left out, hence -no-pie.)
for target in "${targets[@]}"; do
  clang++ -no-pie -fsanitize=fuzzer,address,undefined \
    -Wl,--gc-sections,--unresolved-symbols=ignore-all \
    "$out/objects/fuzz_$target.cc.o" "$out"/objects/tensor_*.o "$out"/objects/data_*.o -lz -lpthread -o "$out/$target" ||
    fail "$target does not link"
done

# run TARGET: its last lines and its exit code.
run() {
  mkdir -p "$out/corpus/$1"
  ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1} \
  UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1} \
  "$out/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=16 \
    -max_len=8192 -artifact_prefix="$out/$1-" -print_final_stats=1 \
    "$out/corpus/$1" "fuzz/corpus/$1" > "$out/$1.log" 2>&1
  local code=$?
  if [ $code != 0 ]; then
    tail -n 60 "$out/$1.log"
    echo "fuzz: FAILED $1: the input is $out/$1-*, all output in $out/$1.log"
    return 1
  fi
  echo "fuzz: $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$1.log") inputs in" \
    "$seconds s, nothing found"
}
failed=""
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  processes=()
  for target in "${targets[@]:i:2}"; do
    run "$target" &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || failed=yes; done
done
[ -z "$failed" ]
