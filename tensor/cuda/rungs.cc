// The rungs of the ladders by name, and the sizes that do not depend on the device.
#include <string>

#include "tensor/cuda/matmul.h"
#include "tensor/cuda/reduce.h"
#include "tensor/cuda/sum.h"
#include "tensor/error.h"

namespace gradus::gpu {

SumRung sum_rung(std::string_view name) {
  if (name == "naive") return SumRung::kNaive;
  if (name == "shared") return SumRung::kShared;
  if (name == "shuffle") return SumRung::kShuffle;
  throw ConfigError("[sum] rung: '" + std::string(name) + "'; expected naive, shared or shuffle");
}

std::int64_t sum_scratch(SumRung rung, std::int64_t rows, std::int64_t n) {
  constexpr std::int64_t kPiece = 1024;
  const std::int64_t pieces = (n + kPiece - 1) / kPiece;
  if (rung == SumRung::kNaive || pieces <= 1) return 0;
  return rows * (pieces + (pieces + kPiece - 1) / kPiece);
}

std::int64_t reduce_scratch(std::int64_t rows, std::int64_t n) {
  return sum_scratch(SumRung::kShuffle, rows, n);
}

MatmulRung matmul_rung(std::string_view name) {
  if (name == "naive") return MatmulRung::kNaive;
  if (name == "tiled") return MatmulRung::kTiled;
  throw ConfigError("[matmul] rung: '" + std::string(name) + "'; expected naive or tiled");
}

}  // namespace gradus::gpu
