#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "data/dataset.h"

namespace gradus::data {

/// Reads a file of MNIST's format IDX, plain or compressed with gzip. Elements are big-endian; the
/// types are uint8, int32, float32 and float64.
/// Throws IoError for what read_bytes refuses, and for a file that is no IDX, with more or fewer
/// bytes than its sizes say, or with elements that Gradus lacks; DTypeError never:
///   "[idx] x: begins with 89 50 4e 47; expected 00 00, a type and the number of axes (IDX)"
///   "[idx] x: type 0b (int16); expected 08 (uint8), 0c (int32), 0d (float32) or 0e (float64)"
///   "[idx] x: 7840 bytes of elements; expected 47040000 for [60000, 28, 28]; was it cut off?"
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", "File formats".
Tensor load_idx(const std::filesystem::path& file);

/// The same for bytes that are not compressed. In errors they are called `name`.
Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name = "bytes");

/// Which part of a data set.
enum class Split { kTrain, kTest };

/// The handwritten digits of MNIST, or the clothes of Fashion-MNIST.
/// Shapes: features float32 [N, 1, 28, 28] in [0, 1], targets int64 [N] in 0..9; N = 60000 for
/// training and 10000 for tests. folder: see find_data; files may be compressed or not.
/// Throws IoError: as load_idx, and when images and labels do not belong together:
///   "[mnist] train-images-idx3-ubyte.gz: 0 images; expected at least one"
///   "[mnist] train-labels-idx1-ubyte.gz: 10000 labels; expected 60000, one for each image"
///   "[mnist] train-labels-idx1-ubyte.gz: label 12 at 7; expected 0..9"
/// Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document
/// recognition", Proc. IEEE 86; Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747.
TensorDataset mnist(Split split, const std::string& folder = "");
TensorDataset fashion_mnist(Split split, const std::string& folder = "");

}  // namespace gradus::data
