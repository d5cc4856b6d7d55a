#!/usr/bin/env bash
# ./gradus bench [NAME...]: builds and runs the benchmarks, and their peers in PyTorch where Python
# ($GRADUS_PYTHON, else python3) has it; prints one table and writes out/bench/report.json.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

fail() { printf 'gradus bench: %s\n' "$*" >&2; exit 1; }
show() { printf '+ %s\n' "$*" >&2; "$@"; }

# A benchmark is a .cc file of this folder.
known=$(find bench -maxdepth 1 -name '*.cc' | sed 's|.*/||; s|\.cc$||' | sort)
known_lines=$(printf '%s\n' "$known" | sed 's/^/  /')
names=()
for name in "$@"; do
  name=${name#bench/} name=${name%.cc}
  printf '%s\n' "$known" | grep -qxF -e "$name" ||
    fail "no benchmark is called '$name'. There are:"$'\n'"${known_lines}"
  names+=("$name")
done
# shellcheck disable=SC2206  # names hold no blanks
[ ${#names[@]} -gt 0 ] || names=($known)

show bazel build //bench:report/report "${names[@]/#///bench:}" || exit 1

python=${GRADUS_PYTHON:-python3}
version='import platform, torch; print("PyTorch", torch.__version__, "on Python",
  platform.python_version())'
has_peer=yes
if ! peer=$("$python" -c "$version" 2> /dev/null); then
  has_peer=
  why="$python cannot import torch (GRADUS_PYTHON may name one that can)"
  peer="none, since $why"
  printf 'The peer column is empty: %s.\n' "$why" >&2
fi

out=out/bench
mkdir -p "$out" || exit 1
files=()
for name in "${names[@]}"; do
  # Repetitions of all cases take turns, so that a change of load or clock meets all of them.
  show "bazel-bin/bench/$name" --benchmark_format=json --benchmark_repetitions=5 \
    --benchmark_enable_random_interleaving=true --benchmark_min_time=0.2 \
    > "$out/$name.json" 2> "$out/$name.log" || { cat "$out/$name.log" >&2; fail "$name failed."; }
  files+=("$out/$name.json")
done
for name in "${names[@]}"; do
  [ -n "$has_peer" ] || break
  [ -f "bench/peers/$name.py" ] || continue
  show "$python" "bench/peers/$name.py" > "$out/$name.jsonl" || fail "the peer of $name failed."
  files+=("$out/$name.jsonl")
done

printf '\n' >&2
bazel-bin/bench/report/report "$out/report.json" "$peer" "${files[@]}"
code=$?
[ $code != 0 ] || printf '\nAll numbers are in %s.\n' "$out/report.json"
exit $code
