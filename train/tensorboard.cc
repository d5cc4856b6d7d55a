#include "train/tensorboard.h"

#include <array>
#include <bit>
#include <chrono>

#include "tensor/io/input.h"

namespace gradus::train {
namespace {

// Protocol buffers: a field is its number and kind, then its bytes.
enum Kind : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void key(std::string& out, unsigned field, Kind kind) { varint(out, field << 3 | kind); }

void number(std::string& out, unsigned field, std::int64_t value) {
  key(out, field, kVarint);
  varint(out, static_cast<std::uint64_t>(value));
}

void text(std::string& out, unsigned field, std::string_view bytes) {
  key(out, field, kBytes);
  varint(out, bytes.size());
  out += bytes;
}

// The fields of event.proto and summary.proto that are used here.
constexpr unsigned kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
constexpr unsigned kSummaryValue = 1, kTag = 1, kSimpleValue = 2;
constexpr unsigned kStatus = 1, kStart = 1;

std::string event_at(double seconds) {
  std::string event;
  key(event, kWallTime, kFixed64);
  io::append_little_endian(event, std::bit_cast<std::uint64_t>(seconds));
  return event;
}

// TFRecord hides check sums of data that hold check sums.
std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xA282EAD8; }

std::filesystem::path new_file(const std::filesystem::path& folder, double seconds) {
  const std::string name =
      "events.out.tfevents." + std::to_string(static_cast<std::int64_t>(seconds)) + ".gradus";
  for (int i = 0;; ++i) {
    const auto file = folder / (name + "." + std::to_string(i));
    if (!std::filesystem::exists(file)) return file;
  }
}

double system_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
      made[i] = crc;
    }
    return made;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

TensorBoard::TensorBoard(const std::filesystem::path& folder, std::int64_t first_step,
                         std::function<double()> seconds)
    : seconds_(seconds ? std::move(seconds) : system_seconds), file_(new_file(folder, seconds_())) {
  std::string version = event_at(seconds_());
  text(version, kFileVersion, "brain.Event:2");
  write(version);
  std::string start = event_at(seconds_()), status;
  number(start, kStep, first_step);
  number(status, kStatus, kStart);
  text(start, kSessionLog, status);
  write(start);
}

void TensorBoard::add(std::int64_t step,
                      const std::vector<std::pair<std::string, double>>& values) {
  std::string summary;
  for (const auto& [name, value] : values) {
    std::string entry;
    text(entry, kTag, name);
    key(entry, kSimpleValue, kFixed32);
    io::append_little_endian(entry, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    text(summary, kSummaryValue, entry);
  }
  std::string event = event_at(seconds_());
  number(event, kStep, step);
  text(event, kSummary, summary);
  write(event);
}

void TensorBoard::write(const std::string& event) {
  std::string record;
  io::append_little_endian(record, std::uint64_t{event.size()});
  io::append_little_endian(record, masked(crc32c(record)));
  record += event;
  io::append_little_endian(record, masked(crc32c(event)));
  file_.append(record);
}

}  // namespace gradus::train
