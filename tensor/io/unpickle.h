#pragma once
// The few kinds of objects that the pickle of a state_dict is made of.
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/io/input.h"

namespace gradus::io {

/// A Python object. Others are named by their place in Unpickled::objects, so that one may be in
/// several places, even inside itself.
struct PyObject {
  enum Kind { kOther, kInteger, kText, kTuple, kList, kDictionary, kGlobal, kStorage, kTensor };
  Kind kind = kOther;
  std::int64_t number = 0;           ///< of an integer; of a tensor or storage: the caller's
  std::string_view text;             ///< of a global "module.name"
  std::vector<std::uint32_t> items;  ///< of a dictionary: key, value, key, value, ...
};

struct Unpickled {
  std::deque<PyObject> objects;
  std::deque<std::string> names;  ///< of globals
  std::uint32_t root = 0;
};

/// What objects of PyTorch become.
struct PickleHooks {
  /// An object by a name of the archive's own, for which there is a tuple.
  std::function<PyObject(const Unpickled&, const PyObject& tuple)> persistent;
  /// function(*arguments), for a global other than OrderedDict and Size.
  std::function<PyObject(const Unpickled&, const PyObject& function, const PyObject& arguments)>
      call;
};

/// Builds what the pickle says, without running anything; `pickle` must outlive the result. Throws
/// IoError for opcodes that a state_dict does not need, and for a pickle that is malformed.
Unpickled unpickle(const Place& place, std::string_view pickle, const PickleHooks& hooks);

}  // namespace gradus::io
