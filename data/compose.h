#pragma once
// Data sets made of others. They read when they are read; nothing is copied but by cache().
#include <functional>
#include <vector>

#include "data/dataset.h"

namespace gradus::data {

/// The samples with these numbers, in this order; a number may come more than once.
/// Throws IndexError: "[subset] rows: 9 at 2; expected 0..4".
DatasetRef subset(DatasetRef dataset, std::vector<std::int64_t> rows);

/// Parts of these sizes, disjoint, with samples chosen at random. Sizes are numbers of samples that
/// add up to all of them, or fractions that add up to 1: each is rounded down and what is left goes
/// to the first parts, one each, as in PyTorch. Throws ConfigError:
///   "[random_split] sizes: add up to 9; expected 10, the number of samples, or fractions adding up
///   to 1"
std::vector<DatasetRef> random_split(const DatasetRef& dataset, const std::vector<double>& sizes,
                                     Generator& generator);

/// One data set behind the other. Throws ConfigError for none.
DatasetRef concat(std::vector<DatasetRef> datasets);

/// Each sample as f makes it from one of `dataset`; draws from rng are those of the sample, so they
/// do not depend on the order in which samples are read:
///   transform(images, [](Sample s, Generator& rng) { s.x = random_flip(s.x, rng); return s; })
DatasetRef transform(DatasetRef dataset, std::function<Sample(Sample sample, Generator& rng)> f);

/// Keeps every sample that was read, the first time it is read: for data sets that are slow to
/// read. What is random in a sample stays as it came first. Several threads may read.
DatasetRef cache(DatasetRef dataset);

}  // namespace gradus::data
