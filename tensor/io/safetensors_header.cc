// The header is JSON of a fixed form. It is read event by event: keys that are there twice are
// seen, nothing is kept that does not belong there, and no nesting is deeper than the form.
#include "tensor/io/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <set>

namespace gradus::io {
namespace {

class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(const Place& place, SafetensorsHeader& header) : place_(place), header_(header) {}

  bool start_object(std::size_t) override {
    if (state_ == State::kStart) {
      state_ = State::kTop;
    } else if (state_ == State::kTopValue) {
      state_ = in_metadata() ? State::kMetadata : State::kEntry;
      if (!in_metadata()) header_.entries.push_back({key_, {}, {}, {}});
      seen_.clear();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(string_t& text) override {
    std::set<std::string>& seen = state_ == State::kTop ? names_ : seen_;
    if (!seen.insert(text).second) {
      place_.fail("the header has " + in_quotes(text) + " twice" + where() +
                  "; expected each name once");
    }
    if (state_ == State::kTop) {
      key_ = text;
      state_ = State::kTopValue;
      return true;
    }
    field_ = text;
    if (state_ == State::kMetadata) {
      state_ = State::kMetadataValue;
    } else if (text == "dtype") {
      state_ = State::kDType;
    } else if (text == "shape" || text == "data_offsets") {
      state_ = State::kList;
    } else {
      place_.fail("the header has the key " + in_quotes(text) + where() +
                  "; expected dtype, shape and data_offsets");
    }
    return true;
  }

  bool end_object() override {
    if (state_ == State::kTop) {
      state_ = State::kEnd;
      return true;
    }
    if (state_ == State::kEntry) {
      for (const char* needed : {"dtype", "shape", "data_offsets"}) {
        if (seen_.contains(needed)) continue;
        place_.fail("the header lacks " + std::string(needed) + where() +
                    "; expected dtype, shape and data_offsets");
      }
      const std::size_t count = header_.entries.back().offsets.size();
      if (count != 2) {
        place_.fail("the header has " + std::to_string(count) + " data_offsets" + where() +
                    "; expected 2, begin and end");
      }
    }
    state_ = State::kTop;
    return true;
  }

  bool start_array(std::size_t) override {
    if (state_ != State::kList) unexpected("a list");
    state_ = State::kNumbers;
    return true;
  }
  bool end_array() override {
    state_ = State::kEntry;
    return true;
  }

  bool string(string_t& text) override {
    if (state_ == State::kMetadataValue) {
      header_.metadata[field_] = text;
      state_ = State::kMetadata;
    } else if (state_ == State::kDType) {
      header_.entries.back().dtype = text;
      state_ = State::kEntry;
    } else {
      unexpected("the text " + in_quotes(text));
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (state_ != State::kNumbers) unexpected("the number " + std::to_string(value));
    SafetensorsEntry& entry = header_.entries.back();
    (field_ == "shape" ? entry.shape : entry.offsets).push_back(value);
    return true;
  }
  bool number_integer(number_integer_t value) override {
    return unexpected("the number " + std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return unexpected("the number " + in_quotes(text));
  }
  bool null() override { return unexpected("null"); }
  bool boolean(bool value) override { return unexpected(value ? "true" : "false"); }
  bool binary(binary_t&) override { return unexpected("bytes"); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    place_.fail("the header is no JSON at character " + std::to_string(position) +
                "; expected an object with an entry for each tensor");
  }

 private:
  // What the next event may be.
  enum class State {
    kStart,          // the object of all
    kTop,            // a name
    kTopValue,       // an entry, or the object of metadata
    kMetadata,       // a key of it
    kMetadataValue,  // its text
    kEntry,          // a key of a tensor
    kDType,          // a text
    kList,           // a list
    kNumbers,        // a number of it
    kEnd
  };

  bool in_metadata() const { return key_ == "__metadata__"; }
  std::string where() const {
    if (state_ == State::kTop || state_ == State::kStart) return "";
    return in_metadata() ? " in __metadata__" : " in tensor " + in_quotes(key_);
  }
  [[noreturn]] bool unexpected(const std::string& what) const {
    std::string expected = "an object with an entry for each tensor";
    switch (state_) {
      case State::kTopValue:
        expected = "an object";
        break;
      case State::kMetadataValue:
      case State::kDType:
        expected = "a text for " + in_quotes(field_);
        break;
      case State::kList:
      case State::kNumbers:
        expected = "a list of whole numbers from 0 to 2^64 - 1 for " + in_quotes(field_);
        break;
      default:
        break;
    }
    place_.fail("the header has " + what + where() + "; expected " + expected);
  }

  const Place& place_;
  SafetensorsHeader& header_;
  State state_ = State::kStart;
  std::string key_, field_;             // at the top, and in the object there
  std::set<std::string> names_, seen_;  // the keys of both
};

}  // namespace

SafetensorsHeader parse_safetensors_header(const Place& place, std::string_view text) {
  SafetensorsHeader header;
  Reader reader(place, header);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return header;
}

}  // namespace gradus::io
