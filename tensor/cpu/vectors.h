#pragma once
// Vectors in memory at any address. Not by memcpy: it goes through moves of whole numbers, which
// are kept narrow because of an error of gcc 12 (see GRADUS_COPTS).

namespace gradus::cpu {

template <class V>
struct [[gnu::packed, gnu::may_alias]] Loose {
  V value;
};

/// The V whose first element is at `from`.
template <class V, class T>
V load(const T* from) {
  return reinterpret_cast<const Loose<V>*>(from)->value;
}

template <class V, class T>
void store(const V& value, T* to) {
  reinterpret_cast<Loose<V>*>(to)->value = value;
}

}  // namespace gradus::cpu
