#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "tensor/io/named_tensors.h"

namespace gradus {

/// Reads all arrays of an .npz archive (a zip of .npy files), stored or compressed, in the order of
/// the archive and without the ".npy" of their names. Check sums are compared.
/// With Mapping::kCopyOnWrite arrays that are stored and aligned (those of save_npz are) stay in
/// the file as with load_npy, and their check sums are not looked at; others are read. Throws
/// IoError for an archive that is missing, not readable, cut off or malformed: entries that
/// overlap, lie outside of the file, have the same name, claim more bytes than theirs can hold or
/// have another check sum; ShapeError and DTypeError as load_npy:
///   "[load_npz] a.npz, entry 'x': the check sum is 0x1c291ca3 and that of the bytes 0x352441c2;
/// expected the same; the file is damaged"
/// Source: PKWARE, .ZIP File Format Specification 6.3.10; RFC 1951.
NamedTensors load_npz(const std::filesystem::path& path, Mapping mapping = Mapping::kNone);

/// The same for the bytes of such a file; the tensors are copies. In errors they are called
/// "bytes".
NamedTensors parse_npz(std::span<const std::byte> bytes);

/// Writes an archive that numpy.load reads, compressed as numpy.savez_compressed does if asked. The
/// file appears whole or not at all, and folders on the way are made.
/// Throws ConfigError when a name appears twice or has more than 65531 bytes; IoError, DTypeError
/// and Error as save_npy, with the name in the place of x.
/// Differs: arrays that are not compressed begin at multiples of 64 bytes, so that they can be
/// mapped; the zip's extra fields fill the gaps.
void save_npz(const std::filesystem::path& path, const NamedTensors& entries,
              bool compress = false);

}  // namespace gradus
