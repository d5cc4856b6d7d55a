#pragma once
// zlib's raw streams, as zip archives hold them.
#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

#include "tensor/io/npy_format.h"

namespace gradus::io {

/// CRC-32 of bytes that follow those of `crc`; 0 at the start.
inline std::uint32_t crc_of(std::uint32_t crc, const void* bytes, std::size_t count) {
  return static_cast<std::uint32_t>(::crc32_z(crc, static_cast<const Bytef*>(bytes), count));
}

/// The bytes that a compressed part of an input expands to, with their check sum.
class InflateSource : public NpySource {
 public:
  /// `bytes` from `offset` on expand to `expanded`. Throws DeviceError without memory.
  InflateSource(const Place& place, const Input& input, std::uint64_t offset, std::uint64_t bytes,
                std::uint64_t expanded);
  ~InflateSource() override;
  InflateSource(const InflateSource&) = delete;
  InflateSource& operator=(const InflateSource&) = delete;

  std::uint64_t left() const override { return left_; }
  void read(void* out, std::size_t bytes) override;
  Tensor borrow(const Shape&, DType) override { return {}; }

  /// Call it behind the last byte: throws IoError unless the compressed bytes end here too.
  void finish();
  std::uint32_t crc() const { return crc_; }

 private:
  // Fills [out, out + bytes) as far as there is something; returns how much.
  std::size_t expand(Bytef* out, std::size_t bytes);

  static constexpr std::size_t kBuffer = 1 << 16;
  const Place& place_;
  const Input& input_;
  std::uint64_t offset_, end_, left_;
  std::uint32_t crc_ = 0;
  bool ended_ = false;
  z_stream stream_{};
  std::unique_ptr<Bytef[]> buffer_;
};

/// `pieces` as one raw stream. Throws DeviceError without memory.
std::string deflated(std::initializer_list<std::string_view> pieces);

}  // namespace gradus::io
