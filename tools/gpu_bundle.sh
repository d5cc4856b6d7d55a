#!/usr/bin/env bash
# gpu_bundle.sh [FOLDER]: makes FOLDER (out/gpu_bundle) and FOLDER.tar.gz, to be carried to a
# machine with an NVIDIA GPU of the Hopper kind and CUDA 13: one program with the tests of devices
# and the benchmarks, the tables they compare with, and run.sh. That machine needs no Bazel and no
# compiler.
#
# GRADUS_BUNDLE_CPU=native builds for this computer's processor, which uses what is built already;
# else the program runs on any x86-64 processor with AVX2.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-out/gpu_bundle}
bazel=${GRADUS_BAZEL:-bazel}
config=(--config=cuda --config=sm90)
# `native` is the default of .bazelrc: naming it again would compile all anew.
[ "${GRADUS_BUNDLE_CPU:-portable}" = native ] || config+=("--config=${GRADUS_BUNDLE_CPU:-portable}")

# shellcheck disable=SC2086  # GRADUS_BAZEL may have words
$bazel build "${config[@]}" //bench/gpu:gpu_tests
binary=bazel-bin/bench/gpu/gpu_tests

rm -rf "$folder" "$folder.tar.gz"
mkdir -p "$folder/tests/golden"
cp "$binary" "$folder/gpu_tests"
chmod u+w "$folder/gpu_tests"
strip "$folder/gpu_tests"
for table in tensor nn optim; do
  [ ! -e "tests/golden/$table" ] || cp -r "tests/golden/$table" "$folder/tests/golden/"
done
cp tests/golden/*.json "$folder/tests/golden/"
find "$folder/tests" -name '*.py' -delete
cp bench/gpu/run.sh bench/gpu/torch_peer.py bench/gpu/compare.py "$folder/"
tar -C "$(dirname "$folder")" -czf "$folder.tar.gz" "$(basename "$folder")"

needed=$(readelf -d "$folder/gpu_tests" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | tr '\n' ' ')
echo "$folder: $(du -sm "$folder" | cut -f1) MB, packed $(du -sm "$folder.tar.gz" | cut -f1) MB"
echo "The program needs of the machine: $needed, and cuBLAS once a matrix is multiplied."
megabytes=$(du -sm "$folder" | cut -f1)
if [ "$megabytes" -ge 60 ]; then
  echo "gpu_bundle.sh: $megabytes MB; expected less than 60" >&2
  exit 1
fi
cat <<TEXT
There, in the unpacked folder:
  GRADUS_REQUIRE_CUDA=1 ./run.sh            tests, compute-sanitizer (memcheck, racecheck),
                                            benchmarks; writes report.json
  GRADUS_REQUIRE_CUDA=1 ./run.sh tests      or one of tests, sanitize, bench
  GRADUS_REQUIRE_CUDA=1 ./gpu_tests --gtest_filter='*Softmax*'
Without GRADUS_REQUIRE_CUDA=1 the tests that miss a GPU are SKIPPED, and say why.
TEXT
