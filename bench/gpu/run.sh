#!/bin/sh
# Runs in the folder of the bundle, on a machine with CUDA 13; needs neither Bazel nor a compiler.
#   ./run.sh            all of the following, and report.json
#   ./run.sh tests      the tests of devices
#   ./run.sh sanitize   compute-sanitizer's memcheck and racecheck over small tests
#   ./run.sh bench      the benchmarks, and the same in PyTorch where python3 has it
# GRADUS_REQUIRE_CUDA=1 makes a GPU that is missing an error; without it the tests that need one
# are SKIPPED and the reason is told. CUDA_HOME says where cuBLAS and compute-sanitizer are; without
# cuBLAS there, that of python3's packages is taken. A program that takes more than 9 minutes is
# stopped.
set -u
cd "$(dirname "$0")" || exit 1
what=${1:-all}
case $what in all | tests | sanitize | bench) ;; *) sed -n '2,10s/^# \{0,1\}//p' "$(basename "$0")"; exit 2 ;; esac
home=${CUDA_HOME:-/usr/local/cuda}
given=${LD_LIBRARY_PATH:-}
libraries=$home/lib64
if ! ls "$home"/lib64/libcublas.so.1[23] > /dev/null 2>&1; then
  libraries=$libraries$(python3 -c '
import glob, os, sysconfig
found = glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/lib/libcublas.so.1[23]")
print("".join(":" + os.path.dirname(file) for file in sorted(found)))' 2> /dev/null)
fi
export LD_LIBRARY_PATH="$libraries${given:+:$given}"
export PATH="$home/bin:$PATH"
mkdir -p out
device=$(./gpu_tests --describe)
echo "device: $device"
gpu=yes
./gpu_tests --gtest_filter='Devices.IsThere/cuda' | grep -q SKIPPED && gpu=
[ "${GRADUS_REQUIRE_CUDA:-}" = 1 ] && gpu=yes
status=0

# limited COMMAND...: stopped after 9 minutes
limited() { timeout 540 "$@"; }
# python COMMAND...: with the libraries that it had, since PyTorch brings its own
python() { LD_LIBRARY_PATH=$given limited python3 "$@"; }

# quoted TEXT: as a string of JSON
quoted() { printf '%s' "$1" | tr '\n\t' '  ' | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/"/'; }
# note NAME FILE: a part of the report, JSON from a file
note() { cp "$2" "out/part_$1.json"; }
# say NAME TEXT: a part of the report, a text
say() { quoted "$2" > "out/part_$1.json"; echo "$1: $2"; }

tests() {
  result=passed
  limited ./gpu_tests --gtest_output=json:out/tests.json > out/tests.log 2>&1 || result=failed
  # Tests of one device once more, on the GPU; without one they have run on cuda_emulated.
  [ -z "$gpu" ] || GRADUS_TEST_DEVICE=cuda limited ./gpu_tests \
    --gtest_filter='Device*:OnADevice*' --gtest_output=json:out/tests_cuda.json \
    >> out/tests.log 2>&1 || result=failed
  [ $result = passed ] || status=1
  [ $result = passed ] || grep '^\[  FAILED' out/tests.log | head -20
  passed=$(grep -c '^\[       OK' out/tests.log)
  skipped=$(grep -c '^\[  SKIPPED.*ms)' out/tests.log)
  say tests "$result: $passed passed, $skipped skipped; out/tests.log"
  [ -n "$gpu" ] || grep -h 'SKIPPED: ' out/tests.log | head -3
}

sanitize() {
  if [ -z "$gpu" ]; then
    say memcheck "SKIPPED: $device"
    say racecheck "SKIPPED: $device"
  elif ! command -v compute-sanitizer > /dev/null; then
    say memcheck "SKIPPED: no compute-sanitizer in $home/bin nor on PATH"
    say racecheck "SKIPPED: no compute-sanitizer in $home/bin nor on PATH"
    [ "${GRADUS_REQUIRE_CUDA:-}" != 1 ] || status=1
  else
    for tool in memcheck racecheck; do
      # Without kept blocks each array is one of CUDA's, whose ends are known.
      if GRADUS_CUDA_CACHE=0 limited compute-sanitizer --tool $tool --error-exitcode 9 \
        --kernel-name kernel_substring=gradus \
        ./gpu_tests --gtest_filter='*/cuda:Softmax.*:LayerNorm.*' > out/$tool.log 2>&1; then
        say $tool "clean; out/$tool.log"
      elif grep -q 'Device not supported' out/$tool.log; then
        say $tool "SKIPPED: compute-sanitizer does not support this machine; out/$tool.log"
      else
        say $tool "failed; out/$tool.log"
        status=1
      fi
    done
  fi
}

bench() {
  if [ -z "$gpu" ]; then
    ./gpu_tests --bench cuda_emulated --small > out/bench_small.json || status=1
    say bench "SKIPPED: $device; in small sizes all ran on cuda_emulated, out/bench_small.json"
    say pytorch "SKIPPED: $device"
    return
  fi
  if limited ./gpu_tests --bench cuda > out/bench.json; then note bench out/bench.json; else status=1; fi
  cat out/bench.json
  if python -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
    if python torch_peer.py > out/pytorch.json; then
      note pytorch out/pytorch.json
      python3 compare.py out/bench.json out/pytorch.json | tee out/table.txt
    else
      status=1
    fi
  else
    say pytorch "SKIPPED: python3 has no PyTorch with CUDA"
  fi
}

rm -f out/part_*.json
case $what in all) tests; sanitize; bench ;; *) $what ;; esac
{
  printf '{\n  "device": %s,\n  "date": "%s"' "$(quoted "$device")" "$(date -u +%Y-%m-%dT%H:%MZ)"
  for part in out/part_*.json; do
    name=${part#out/part_}
    printf ',\n  "%s": ' "${name%.json}"
    cat "$part"
  done
  printf '\n}\n'
} > report.json
rm -f out/part_*.json
echo "report: $(pwd)/report.json"
exit $status
