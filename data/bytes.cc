#include "data/bytes.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "tensor/io/input.h"

namespace gradus::data {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;

struct Inflater {
  Inflater() {
    // 16: with the header and the trailer of gzip, whose check sums zlib compares.
    if (::inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) no_memory();
  }
  ~Inflater() { ::inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  [[noreturn]] static void no_memory() {
    throw DeviceError("[gunzip] cpu: out of memory for zlib; free tensors");
  }
  z_stream stream{};
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view op, const std::string& name, std::string_view bytes,
                   std::uint64_t limit) {
  const io::Place place{std::string(op), name};
  std::string out;
  const std::unique_ptr<char[]> piece(new char[kPiece]);
  while (!bytes.empty()) {
    if (!is_gzip(bytes)) place.fail("no gzip header; expected bytes 1f 8b; the file is damaged");
    Inflater inflater;
    z_stream& stream = inflater.stream;
    for (int code = Z_OK; code != Z_STREAM_END;) {
      const std::size_t given = std::min(bytes.size(), kPiece);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(given);
      stream.next_out = reinterpret_cast<Bytef*>(piece.get());
      stream.avail_out = static_cast<uInt>(kPiece);
      code = ::inflate(&stream, Z_NO_FLUSH);
      bytes.remove_prefix(given - stream.avail_in);
      out.append(piece.get(), kPiece - stream.avail_out);
      if (out.size() > limit) {
        place.fail("more than " + std::to_string(limit) +
                   " bytes come out of the compressed file; expected fewer");
      }
      if (code == Z_MEM_ERROR) Inflater::no_memory();
      if (code == Z_BUF_ERROR || (code == Z_OK && bytes.empty() && stream.avail_out == kPiece)) {
        place.fail("the compressed bytes end too early; expected more; was it cut off?");
      }
      if (code == Z_DATA_ERROR && stream.msg != nullptr &&
          std::string_view(stream.msg).ends_with("check")) {
        place.fail(
            "the check sum of the compressed bytes is wrong; expected another; the file is "
            "damaged");
      }
      if (code != Z_OK && code != Z_STREAM_END) {
        place.fail("the compressed bytes are malformed; expected gzip; the file is damaged");
      }
    }
  }
  return out;
}

std::string read_bytes(std::string_view op, const std::filesystem::path& file,
                       const std::string& hint) {
  const std::string ending = hint.empty() ? "" : "; " + hint;
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  const auto fail = [&](const char* what) {
    io::Place{std::string(op), file.string()}.fail(std::string(what) + "; expected a file" +
                                                   ending);
  };
  if (status.type() == std::filesystem::file_type::not_found) fail("no such file");
  if (std::filesystem::is_directory(status)) fail("a folder");
  std::string bytes;
  {
    const io::Input input(op, file, Mapping::kNone);
    bytes.resize(input.size());
    if (!bytes.empty()) input.read(0, bytes.data(), bytes.size());
  }
  return is_gzip(bytes) ? gunzip(op, file.string(), bytes) : bytes;
}

}  // namespace gradus::data
