#include "tensor/io/unpickle.h"

#include <string>
#include <unordered_map>

namespace gradus::io {
namespace {

constexpr std::uint32_t kMark = UINT32_MAX;  // on the stack: where the items of a list begin

class Machine {
 public:
  Machine(const Place& place, std::string_view pickle, const PickleHooks& hooks)
      : place_(place), bytes_(pickle), hooks_(hooks) {}

  Unpickled run() {
    while (step()) {
    }
    return std::move(all_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    place_.fail("at byte " + std::to_string(at_) + " of the pickle: " + what);
  }
  [[noreturn]] void malformed() const { fail("malformed; expected what torch.save writes"); }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail("it ends too soon; was the file cut off?");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <class T>
  T take_number() {
    return little_endian<T>(take(sizeof(T)).data());
  }
  std::string_view take_line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) malformed();
    const std::string_view line = take(end - at_);
    ++at_;
    return line;
  }

  void push(PyObject object) {
    all_.objects.push_back(std::move(object));
    stack_.push_back(static_cast<std::uint32_t>(all_.objects.size() - 1));
  }
  void push_integer(std::int64_t number) { push({PyObject::kInteger, number, {}, {}}); }
  void push_text(std::string_view text) { push({PyObject::kText, 0, text, {}}); }

  std::uint32_t top() const {
    if (stack_.empty() || stack_.back() == kMark) malformed();
    return stack_.back();
  }
  std::uint32_t pop() {
    const std::uint32_t i = top();
    stack_.pop_back();
    return i;
  }
  PyObject& object(std::uint32_t i) { return all_.objects[i]; }
  // What stands above the last mark, which goes too.
  std::vector<std::uint32_t> pop_to_mark() {
    std::size_t i = stack_.size();
    while (i > 0 && stack_[i - 1] != kMark) --i;
    if (i == 0) malformed();
    std::vector<std::uint32_t> items(stack_.begin() + static_cast<std::ptrdiff_t>(i), stack_.end());
    stack_.resize(i - 1);
    return items;
  }
  void push_tuple(std::size_t count) {
    std::vector<std::uint32_t> items(count);
    while (count-- > 0) items[count] = pop();
    push({PyObject::kTuple, 0, {}, std::move(items)});
  }
  void add_items(PyObject::Kind kind, const std::vector<std::uint32_t>& items) {
    PyObject& to = object(top());
    if (to.kind != kind || (kind == PyObject::kDictionary && items.size() % 2 != 0)) malformed();
    to.items.insert(to.items.end(), items.begin(), items.end());
  }

  void get(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) malformed();
    stack_.push_back(found->second);
  }
  void put(std::uint32_t key) { memo_[key] = top(); }

  void push_global(std::string_view module, std::string_view name) {
    if (module.size() + name.size() > 1000) malformed();  // it may be asked for again and again
    all_.names.push_back(std::string(module) + "." + std::string(name));
    push({PyObject::kGlobal, 0, all_.names.back(), {}});
  }

  // A whole number of up to 8 bytes, the first the least, with a sign.
  std::int64_t take_long() {
    const auto size = take_number<std::uint8_t>();
    const std::string_view digits = take(size);
    if (size > 8) fail("a whole number of " + std::to_string(size) + " bytes; expected at most 8");
    std::uint64_t value = size > 0 && (digits.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(digits[i]);
    return static_cast<std::int64_t>(value);
  }

  void call() {
    const std::uint32_t arguments = pop(), function = pop();
    const PyObject &f = object(function), &x = object(arguments);
    if (f.kind != PyObject::kGlobal || x.kind != PyObject::kTuple) malformed();
    if (f.text == "collections.OrderedDict" && x.items.empty()) {
      push({PyObject::kDictionary, 0, {}, {}});
    } else if (f.text == "torch.Size" && x.items.size() == 1) {
      stack_.push_back(x.items[0]);
    } else {
      push(hooks_.call(all_, f, x));
    }
  }

  // One opcode; false at the end.
  bool step() {
    const auto op = take_number<std::uint8_t>();
    switch (op) {
      case 0x80:  // PROTO
        if (take_number<std::uint8_t>() > 5) fail("a later protocol; expected 2 to 5");
        return true;
      case 0x95:  // FRAME
        take(8);
        return true;
      case '.':  // STOP
        all_.root = pop();
        return false;
      case '(':
        stack_.push_back(kMark);
        return true;
      case '0':  // POP
        pop();
        return true;
      case 'q':  // BINPUT
        put(take_number<std::uint8_t>());
        return true;
      case 'r':  // LONG_BINPUT
        put(take_number<std::uint32_t>());
        return true;
      case 0x94:  // MEMOIZE
        put(static_cast<std::uint32_t>(memo_.size()));
        return true;
      case 'h':  // BINGET
        get(take_number<std::uint8_t>());
        return true;
      case 'j':  // LONG_BINGET
        get(take_number<std::uint32_t>());
        return true;
      case 'K':  // BININT1
        push_integer(take_number<std::uint8_t>());
        return true;
      case 'M':  // BININT2
        push_integer(take_number<std::uint16_t>());
        return true;
      case 'J':  // BININT
        push_integer(static_cast<std::int32_t>(take_number<std::uint32_t>()));
        return true;
      case 0x8a:  // LONG1
        push_integer(take_long());
        return true;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push_integer(op == 0x88 ? 1 : 0);
        return true;
      case 'N':  // NONE
        push({});
        return true;
      case 'G':  // BINFLOAT
        take(8);
        push({});
        return true;
      case 'X':  // BINUNICODE
        push_text(take(take_number<std::uint32_t>()));
        return true;
      case 0x8c:  // SHORT_BINUNICODE
        push_text(take(take_number<std::uint8_t>()));
        return true;
      default:
        return step_of_containers(op);
    }
  }

  bool step_of_containers(std::uint8_t op) {
    switch (op) {
      case ')':
        push_tuple(0);
        return true;
      case 0x85:  // TUPLE1
      case 0x86:
      case 0x87:
        push_tuple(op - 0x84u);
        return true;
      case 't':  // TUPLE
        push({PyObject::kTuple, 0, {}, pop_to_mark()});
        return true;
      case ']':
        push({PyObject::kList, 0, {}, {}});
        return true;
      case 'a':  // APPEND
        add_items(PyObject::kList, {pop()});
        return true;
      case 'e':  // APPENDS
        add_items(PyObject::kList, pop_to_mark());
        return true;
      case '}':
        push({PyObject::kDictionary, 0, {}, {}});
        return true;
      case 's': {  // SETITEM
        const std::uint32_t value = pop(), key = pop();
        add_items(PyObject::kDictionary, {key, value});
        return true;
      }
      case 'u':  // SETITEMS
        add_items(PyObject::kDictionary, pop_to_mark());
        return true;
      case 'b':  // BUILD: attributes, such as the versions of modules in a state_dict
        pop();
        top();
        return true;
      case 'c': {  // GLOBAL
        const std::string_view module = take_line();
        push_global(module, take_line());
        return true;
      }
      case 0x93: {  // STACK_GLOBAL
        const PyObject &name = object(pop()), &module = object(pop());
        if (name.kind != PyObject::kText || module.kind != PyObject::kText) malformed();
        push_global(module.text, name.text);
        return true;
      }
      case 'R':   // REDUCE
      case 0x81:  // NEWOBJ: a class instead of a function
        call();
        return true;
      case 'Q': {  // BINPERSID
        const PyObject& tuple = object(pop());
        if (tuple.kind != PyObject::kTuple) malformed();
        push(hooks_.persistent(all_, tuple));
        return true;
      }
      default:
        --at_;
        fail("opcode " + in_quotes(bytes_.substr(at_, 1)) +
             "; expected those of tensors in dictionaries; save model.state_dict()");
    }
  }

  const Place& place_;
  std::string_view bytes_;
  const PickleHooks& hooks_;
  std::size_t at_ = 0;
  Unpickled all_;
  std::vector<std::uint32_t> stack_;
  std::unordered_map<std::uint32_t, std::uint32_t> memo_;
};

}  // namespace

Unpickled unpickle(const Place& place, std::string_view pickle, const PickleHooks& hooks) {
  return Machine(place, pickle, hooks).run();
}

}  // namespace gradus::io
