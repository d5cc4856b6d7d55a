#include "data/batches.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace gradus::data {
namespace {

// Gathered rows are cut into batches from blocks of about this size: few calls for small batches,
// little memory for a large data set.
constexpr std::int64_t kBlockBytes = 256 * 1024;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// x mod n in 0..n-1, for negative x too.
std::int64_t modulo(__int128 x, std::int64_t n) {
  return static_cast<std::int64_t>((x % n + n) % n);
}

std::int64_t row_bytes(const Tensor& x) {
  return x.numel() / x.dim(0) * static_cast<std::int64_t>(size_of(x.dtype()));
}

}  // namespace

Order Order::stride(std::int64_t a, std::int64_t b) {
  Order order;
  order.kind_ = Kind::kStride;
  order.a_ = a;
  order.b_ = b;
  return order;
}

Order Order::shuffle(const Generator& generator) {
  Order order;
  order.kind_ = Kind::kShuffle;
  order.seed_ = generator.seed();
  order.position_ = generator.position();
  return order;
}

Order Order::parse(std::string_view name, const Generator& generator) {
  constexpr std::string_view kStride = "stride:";
  if (name == "natural") return natural();
  if (name == "shuffle") return shuffle(generator);
  if (name.starts_with(kStride)) {
    const std::string_view numbers = name.substr(kStride.size());
    const std::size_t comma = numbers.find(',');
    if (comma != std::string_view::npos) {
      const auto a = parse_integer(numbers.substr(0, comma));
      const auto b = parse_integer(numbers.substr(comma + 1));
      if (a && b) return stride(*a, *b);
    }
  }
  throw ConfigError("[order] name: '" + std::string(name) +
                    "'; expected shuffle, natural or stride:A,B with integers A and B");
}

void Order::check(std::int64_t n) const {
  if (n < 1) throw ConfigError("[order] n: " + std::to_string(n) + "; expected >= 1");
  if (kind_ != Kind::kStride) return;
  const std::int64_t divisor = std::gcd(modulo(a_, n), n);
  if (divisor == 1) return;
  throw ConfigError("[order] stride: " + std::to_string(a_) + " and the number of samples, " +
                    std::to_string(n) + ", have the common divisor " + std::to_string(divisor) +
                    "; expected none, else samples are left out");
}

Tensor Order::indices(std::int64_t n, std::int64_t epoch) const {
  check(n);
  if (epoch < 0) {
    throw ConfigError("[order] epoch: " + std::to_string(epoch) + "; expected >= 0");
  }
  if (kind_ == Kind::kShuffle) {
    // A stream for each epoch. Generator leaves the upper half of the counter 0; here it is not.
    const auto e = static_cast<std::uint64_t>(epoch);
    const auto words =
        philox({static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32),
                static_cast<std::uint32_t>(e), static_cast<std::uint32_t>(e >> 32) + 1},
               {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
    Generator generator(std::uint64_t{words[0]} << 32 | words[1]);
    return permutation(n, generator);
  }
  Tensor order = arange(n);
  if (kind_ == Kind::kStride) {
    const std::int64_t step = modulo(a_, n);
    std::int64_t sample = modulo(static_cast<__int128>(b_) * epoch, n);
    for (auto *entry = order.data<std::int64_t>(), *end = entry + n; entry != end; ++entry) {
      *entry = sample;
      sample = sample < n - step ? sample + step : sample - (n - step);
    }
  }
  return order;
}

Batches::Batches(TensorDataset dataset, std::int64_t batch_size, Order order, bool drop_last)
    : dataset_(std::move(dataset)), batch_size_(batch_size), order_(std::move(order)) {
  check_dataset(dataset_);
  const std::int64_t n = dataset_.size();
  if (batch_size < 1 || batch_size > n) {
    throw ConfigError("[batches] batch_size: " + std::to_string(batch_size) + "; expected 1.." +
                      std::to_string(n) + ", the number of samples");
  }
  order_.check(n);
  if (!order_.is_natural()) {  // rows are gathered from memory without gaps
    dataset_ = {dataset_.features.contiguous(), dataset_.targets.contiguous()};
  }
  samples_ = drop_last ? n - n % batch_size : n;
}

Batches::Epoch Batches::epoch(std::int64_t epoch) const {
  if (epoch < 0) {
    throw ConfigError("[batches] epoch: " + std::to_string(epoch) + "; expected >= 0");
  }
  return Epoch(*this, order_.is_natural() ? Tensor() : order_.indices(dataset_.size(), epoch));
}

Batches::Iterator::Iterator(const Batches& batches, Tensor index)
    : dataset_(batches.dataset_),
      index_(std::move(index)),
      batch_size_(batches.batch_size_),
      samples_(batches.samples_) {
  if (!index_.defined()) {
    block_ = {dataset_.features, dataset_.targets};
    block_end_ = samples_;
  }
  const std::int64_t bytes = row_bytes(dataset_.features) + row_bytes(dataset_.targets);
  const std::int64_t batches_per_block =
      kBlockBytes / std::max<std::int64_t>(bytes, 1) / batch_size_;
  block_rows_ = std::max<std::int64_t>(batches_per_block, 1) * batch_size_;
  load(0);
}

void Batches::Iterator::load(std::int64_t begin) {
  begin_ = begin;
  end_ = std::min(begin + batch_size_, samples_);
  if (begin_ >= samples_) return;
  if (begin_ >= block_end_) {
    block_begin_ = begin_;
    block_end_ = std::min(begin_ + block_rows_, samples_);
    const Tensor rows = index_.slice(0, {block_begin_, block_end_});
    block_ = dataset_.rows(rows);
  }
  const Slice rows{begin_ - block_begin_, end_ - block_begin_};
  batch_.x = block_.x.slice(0, rows);
  batch_.y = block_.y.slice(0, rows);
}

}  // namespace gradus::data
