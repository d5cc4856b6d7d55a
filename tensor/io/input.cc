#include "tensor/io/input.h"

#include <algorithm>
#include <cstring>

#include "tensor/error.h"

namespace gradus::io {

void Place::fail(const std::string& what) const { throw IoError(text(what)); }

Input::Input(std::string_view op, const std::filesystem::path& path, Mapping mapping)
    : place_{std::string(op), path.string()}, file_(std::make_unique<File>(op, path)) {
  size_ = file_->size();
  if (mapping == Mapping::kNone) return;
  mapped_ = file_->map();
  if (mapped_) memory_ = mapped_->data();
}

Input::Input(std::string_view op, std::span<const std::byte> bytes)
    : place_{std::string(op), "bytes"}, size_(bytes.size()), memory_(bytes.data()) {}

void Input::read(std::uint64_t offset, void* out, std::size_t bytes) const {
  if (bytes == 0) return;
  if (memory_ != nullptr) {
    std::memcpy(out, memory_ + offset, bytes);
  } else {
    file_->read(offset, out, bytes);
  }
}

Tensor Input::borrow(std::uint64_t offset, const Shape& shape, DType dtype) const {
  if (!mapped_ || numel(shape) == 0) return {};
  std::byte* data = mapped_->data() + offset;
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0) return {};
  const auto bytes = static_cast<std::size_t>(numel(shape)) * size_of(dtype);
  // The deleter has nothing to do but to hold the mapping until the last tensor is gone.
  StorageRef storage(Storage::borrow(data, bytes, [mapped = mapped_] {}));
  return over_storage_unchecked(std::move(storage), shape, dtype);
}

bool bytes_of(const Shape& shape, DType dtype, std::uint64_t* bytes) {
  auto most = static_cast<std::int64_t>(size_of(dtype));
  auto exact = most;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(most, std::max<std::int64_t>(size, 1), &most)) return false;
    exact *= size;
  }
  *bytes = static_cast<std::uint64_t>(exact);
  return true;
}

void check_bools(const Place& place, const Tensor& x) {
  if (x.dtype() != kBool) return;
  const std::string_view bytes = bytes_view(x);
  const auto bad = std::find_if(bytes.begin(), bytes.end(),
                                [](char byte) { return static_cast<unsigned char>(byte) > 1; });
  if (bad == bytes.end()) return;
  place.fail("element " + std::to_string(bad - bytes.begin()) + " of a bool array is the byte " +
             std::to_string(static_cast<unsigned char>(*bad)) + "; expected 0 or 1");
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out = "'";
  for (const char c : text.substr(0, kLongest)) {
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    constexpr const char* kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out + (text.size() > kLongest ? "..." : "") + "'";
}

}  // namespace gradus::io
