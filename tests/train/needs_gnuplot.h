#pragma once
#include <gtest/gtest.h>

#include "tensor/error.h"
#include "train/gnuplot.h"

namespace gradus::train {

inline bool gnuplot_is_here() {
  try {
    run_gnuplot("set print '-'\nprint 1\n");
    return true;
  } catch (const IoError&) {
    return false;
  }
}

}  // namespace gradus::train

/// The first line of a test that draws.
#define NEEDS_GNUPLOT()                    \
  if (!::gradus::train::gnuplot_is_here()) \
  GTEST_SKIP() << "gnuplot is not installed; ./gradus setup installs it"
