#include "tensor/io/torch_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tensor/error.h"
#include "tensor/io/unpickle.h"
#include "tensor/io/zip.h"

namespace gradus {
namespace io {
namespace {

// Objects in memory take up to a hundred times the bytes that ask for them.
constexpr std::uint64_t kMostPickle = 4'000'000;  // some 20,000 tensors
constexpr std::size_t kLongestKey = 1000;
constexpr std::string_view kPickle = "/data.pkl";
constexpr int kDeepest = 32;  // dictionaries inside of each other

constexpr struct {
  std::string_view name;
  DType dtype;
} kTypes[] = {{"torch.BoolStorage", kBool},     {"torch.ByteStorage", kUInt8},
              {"torch.IntStorage", kInt32},     {"torch.LongStorage", kInt64},
              {"torch.HalfStorage", kFloat16},  {"torch.BFloat16Storage", kBFloat16},
              {"torch.FloatStorage", kFloat32}, {"torch.DoubleStorage", kFloat64}};

class TorchFile {
 public:
  explicit TorchFile(const Input& input) : input_(input), place_(input.place()) {
    const ZipKind kind{"a file of torch.save since PyTorch 1.6; was it cut off?", "", "", false,
                       "0 (stored), which torch.save writes"};
    for (ZipEntry& entry : zip_entries(input, kind)) {
      if (entry.name.ends_with(kPickle)) pickle_name_ = entry.name;
      const std::string name = entry.name;
      entries_.emplace(name, std::move(entry));
    }
    if (pickle_name_.empty())
      place_.fail("no data.pkl in the archive; expected a file of torch.save");
    folder_ = pickle_name_.substr(0, pickle_name_.size() - kPickle.size());
    const auto order = entries_.find(folder_ + "/byteorder");
    if (order != entries_.end() && bytes_of_entry(order->second, 16) != "little") {
      place_.fail(
          "its numbers begin with their most significant bytes; expected a file that was "
          "made on a little-endian machine");
    }
  }

  NamedTensors read() {
    const std::string pickle = bytes_of_entry(entries_.at(pickle_name_), kMostPickle);
    const PickleHooks hooks{
        [this](const Unpickled& all, const PyObject& tuple) { return storage(all, tuple); },
        [this](const Unpickled& all, const PyObject& function, const PyObject& arguments) {
          return rebuilt(all, function, arguments);
        }};
    const Unpickled all = unpickle(place_, pickle, hooks);
    if (all.objects[all.root].kind != PyObject::kDictionary) {
      place_.fail("no dictionary; expected tensors in a dictionary; save model.state_dict()");
    }
    left_ = 50'000 + 20 * pickle.size();
    collect(all, all.root, "", 0);
    return std::move(found_);
  }

 private:
  [[noreturn]] void malformed() const {
    place_.fail("a tensor of the pickle is malformed; expected what torch.save writes");
  }

  std::string bytes_of_entry(const ZipEntry& entry, std::uint64_t most) const {
    const Place place = place_of(input_, entry);
    if (entry.size > most) {
      place.fail(std::to_string(entry.size) + " bytes; expected at most " + std::to_string(most));
    }
    std::string bytes(entry.size, '\0');
    input_.read(entry.begin, bytes.data(), bytes.size());
    check_crc(place, entry, crc_of(0, bytes.data(), bytes.size()));
    return bytes;
  }

  // ('storage', torch.FloatStorage, '0', 'cpu', 12)
  PyObject storage(const Unpickled& all, const PyObject& tuple) {
    if (tuple.items.size() != 5) malformed();
    const PyObject &type = all.objects[tuple.items[1]], &key = all.objects[tuple.items[2]],
                   &count = all.objects[tuple.items[4]];
    if (type.kind != PyObject::kGlobal || key.kind != PyObject::kText ||
        key.text.size() > kLongestKey || count.kind != PyObject::kInteger) {
      malformed();
    }
    const auto* known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                     [&](const auto& each) { return each.name == type.text; });
    if (known == std::end(kTypes)) {
      throw DTypeError(place_.text("a tensor has a " + in_quotes(type.text) +
                                   "; expected Bool, Byte, Int, Long, Half, BFloat16, Float or "
                                   "Double; convert it where it was made"));
    }
    const auto [place, is_new] = storages_.try_emplace(std::string(key.text), tensors_.size());
    if (is_new) tensors_.push_back(elements(key.text, known->dtype));
    const Tensor& x = tensors_[place->second];
    if (x.dtype() != known->dtype || x.numel() != count.number) malformed();
    return {PyObject::kStorage, static_cast<std::int64_t>(place->second), {}, {}};
  }

  Tensor elements(std::string_view key, DType dtype) const {
    const auto found = entries_.find(folder_ + "/data/" + std::string(key));
    if (found == entries_.end()) {
      place_.fail("no elements " + in_quotes(key) + " in the archive; expected them");
    }
    const ZipEntry& entry = found->second;
    const Place place = place_of(input_, entry);
    if (entry.size % size_of(dtype) != 0) {
      place.fail(std::to_string(entry.size) + " bytes; expected whole " + std::string(name(dtype)) +
                 " numbers");
    }
    const Tensor x = Tensor::empty({static_cast<std::int64_t>(entry.size / size_of(dtype))}, dtype);
    input_.read(entry.begin, x.raw_data(), entry.size);
    check_crc(place, entry, crc_of(0, x.raw_data(), entry.size));
    check_bools(place, x);
    return x;
  }

  PyObject rebuilt(const Unpickled& all, const PyObject& function, const PyObject& arguments) {
    const std::vector<std::uint32_t>& x = arguments.items;
    if (function.text == "torch._utils._rebuild_parameter" && !x.empty() &&
        all.objects[x[0]].kind == PyObject::kTensor) {
      return all.objects[x[0]];
    }
    if (function.text != "torch._utils._rebuild_tensor_v2") {
      place_.fail("the pickle asks for " + in_quotes(function.text) +
                  "; expected tensors in dictionaries; save model.state_dict() instead of the "
                  "model");
    }
    // storage, offset, sizes, strides, requires_grad, hooks
    if (x.size() < 4) malformed();
    const PyObject &storage = all.objects[x[0]], &offset = all.objects[x[1]];
    if (storage.kind != PyObject::kStorage || offset.kind != PyObject::kInteger) malformed();
    const std::vector<std::int64_t> sizes = numbers(all, x[2]), strides = numbers(all, x[3]);
    if (sizes.size() != strides.size()) malformed();
    const Tensor& base = tensors_[static_cast<std::size_t>(storage.number)];
    tensors_.push_back(view(base, offset.number, sizes, strides));
    return {PyObject::kTensor, static_cast<std::int64_t>(tensors_.size() - 1), {}, {}};
  }

  std::vector<std::int64_t> numbers(const Unpickled& all, std::uint32_t i) const {
    if (all.objects[i].kind != PyObject::kTuple) malformed();
    const std::size_t axes = all.objects[i].items.size();
    if (axes > Dims::kMaxRank) {
      throw ShapeError(place_.text("a tensor has " + std::to_string(axes) +
                                   " axes; expected at most 8; merge some where it was made"));
    }
    std::vector<std::int64_t> values;
    for (const std::uint32_t item : all.objects[i].items) {
      const PyObject& each = all.objects[item];
      if (each.kind != PyObject::kInteger || each.number < 0) malformed();
      values.push_back(each.number);
    }
    return values;
  }

  Tensor view(const Tensor& base, std::int64_t offset, const std::vector<std::int64_t>& sizes,
              const std::vector<std::int64_t>& strides) const {
    Shape shape;
    Strides steps;
    std::int64_t last = offset;  // the element farthest behind
    bool fits = true;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      shape.push_back(sizes[i]);
      steps.push_back(strides[i]);
      std::int64_t span = 0;
      fits = fits &&
             !__builtin_mul_overflow(std::max<std::int64_t>(sizes[i], 1) - 1, strides[i], &span) &&
             !__builtin_add_overflow(last, span, &last);
    }
    std::uint64_t bytes = 0;
    fits = fits && offset >= 0 && bytes_of(shape, base.dtype(), &bytes);
    if (bytes == 0 && fits) return Tensor::empty(shape, base.dtype());
    if (fits && numel(shape) > base.numel()) {
      place_.fail("a tensor of shape " + to_string(shape) + " repeats its " +
                  std::to_string(base.numel()) +
                  " elements; expected each once at most; save "
                  "x.contiguous()");
    }
    if (!fits || last >= base.numel()) {
      place_.fail("a tensor of shape " + to_string(shape) + " reaches beyond its " +
                  std::to_string(base.numel()) + " elements; expected it inside");
    }
    return as_strided_unchecked(base, shape, steps, offset);
  }

  void collect(const Unpickled& all, std::uint32_t dictionary, const std::string& path, int depth) {
    if (depth > kDeepest) malformed();  // or inside of itself
    const std::vector<std::uint32_t>& items = all.objects[dictionary].items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PyObject &key = all.objects[items[i]], &value = all.objects[items[i + 1]];
      spend(1);
      if (value.kind != PyObject::kTensor && value.kind != PyObject::kDictionary) continue;
      if (key.kind != PyObject::kText && key.kind != PyObject::kInteger) malformed();
      if (key.text.size() > kLongestKey) malformed();
      const std::string name =
          path + (key.kind == PyObject::kText ? std::string(key.text) : std::to_string(key.number));
      spend(200 + name.size());
      if (value.kind == PyObject::kDictionary) {
        collect(all, items[i + 1], name + ".", depth + 1);
      } else if (names_.insert(name).second) {
        found_.emplace_back(name, tensors_[static_cast<std::size_t>(value.number)]);
      } else {
        place_.fail("tensor " + in_quotes(name) + " is there twice; expected each name once");
      }
    }
  }

  // A dictionary in many places, each of them in many, could ask for more memory than there is: the
  // tensors found may take a few times what the pickle does.
  void spend(std::size_t bytes) {
    if (bytes > left_) {
      place_.fail(
          "dictionaries are in too many places; expected each in few; save "
          "model.state_dict()");
    }
    left_ -= bytes;
  }

  const Input& input_;
  const Place& place_;
  std::map<std::string, ZipEntry> entries_;
  std::string pickle_name_, folder_;
  std::map<std::string, std::size_t> storages_;  // by key
  std::vector<Tensor> tensors_;                  // of objects, by their number
  std::set<std::string> names_;
  std::size_t left_ = 0;  // see spend()
  NamedTensors found_;
};

}  // namespace
}  // namespace io

NamedTensors load_torch(const std::filesystem::path& path) {
  const io::Input input("load_torch", path, Mapping::kNone);
  return io::TorchFile(input).read();
}

NamedTensors parse_torch(std::span<const std::byte> bytes) {
  const io::Input input("load_torch", bytes);
  return io::TorchFile(input).read();
}

}  // namespace gradus
