#include "tensor/io/deflate.h"

#include <algorithm>

#include "tensor/error.h"

namespace gradus::io {
namespace {

constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // zlib counts in 32 bits

[[noreturn]] void no_memory(const char* op) {
  throw DeviceError(std::string("[") + op + "] cpu: out of memory for zlib; free tensors");
}

}  // namespace

InflateSource::InflateSource(const Place& place, const Input& input, std::uint64_t offset,
                             std::uint64_t bytes, std::uint64_t expanded)
    : place_(place),
      input_(input),
      offset_(offset),
      end_(offset + bytes),
      left_(expanded),
      buffer_(new Bytef[kBuffer]) {
  // Negative: neither a header nor a trailer of zlib.
  if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK) no_memory("inflate");
}

InflateSource::~InflateSource() { ::inflateEnd(&stream_); }

std::size_t InflateSource::expand(Bytef* out, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes && !ended_) {
    if (stream_.avail_in == 0) {
      const std::size_t more = std::min<std::uint64_t>(kBuffer, end_ - offset_);
      input_.read(offset_, buffer_.get(), more);
      offset_ += more;
      stream_.next_in = buffer_.get();
      stream_.avail_in = static_cast<uInt>(more);
    }
    const std::size_t wanted = std::min(bytes - done, kMostAtOnce);
    stream_.next_out = out + done;
    stream_.avail_out = static_cast<uInt>(wanted);
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    done += wanted - stream_.avail_out;
    if (code == Z_MEM_ERROR) no_memory("inflate");
    ended_ = code == Z_STREAM_END;
    const bool stuck = code == Z_BUF_ERROR && offset_ == end_ && stream_.avail_in == 0;
    if (stuck) place_.fail("the compressed bytes end too early; expected more; was it cut off?");
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      place_.fail(
          "the compressed bytes are malformed; expected a deflate stream; the file is "
          "damaged");
    }
  }
  return done;
}

void InflateSource::read(void* out, std::size_t bytes) {
  const std::size_t got = expand(static_cast<Bytef*>(out), bytes);
  if (got != bytes) {
    place_.fail("the compressed bytes expand to " + std::to_string(left_ - (bytes - got)) +
                " bytes fewer than the archive says; expected as many; the file is damaged");
  }
  crc_ = crc_of(crc_, out, bytes);
  left_ -= bytes;
}

void InflateSource::finish() {
  Bytef one;
  if (expand(&one, 1) != 0 || offset_ != end_ || stream_.avail_in != 0) {
    place_.fail(
        "the compressed bytes go on behind the last element; expected their end there; the "
        "file is damaged");
  }
}

std::string deflated(std::initializer_list<std::string_view> pieces) {
  z_stream stream{};
  const int memory_level = 8;  // zlib's default, which has no name
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    no_memory("deflate");
  }
  std::string out;
  std::string buffer(1 << 16, '\0');
  const auto run = [&](int flush) {
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      ::deflate(&stream, flush);
      out.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::size_t count = std::min(piece.size(), kMostAtOnce);
      // zlib does not write to its input, its type is only older than const.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uInt>(count);
      run(Z_NO_FLUSH);
      piece.remove_prefix(count);
    }
  }
  run(Z_FINISH);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace gradus::io
