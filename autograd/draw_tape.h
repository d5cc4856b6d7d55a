#pragma once
#include <string>

#include "autograd/variable.h"

namespace gradus {

// Drawings of the tape that y was computed from: parameters, constants and operations as boxes,
// with an arrow from each input to the result. Of a longer tape the newest `limit` are drawn, and
// what they hang on is an open end. Write the text to a file to look at it:
//   std::ofstream("tape.svg") << to_svg(loss);

/// As text for Graphviz: `dot -Tsvg tape.dot > tape.svg`.
std::string to_dot(const Variable& y, std::int64_t limit = 500);

/// As a picture, an SVG document, for which nothing else is needed. A result stands below all of
/// its inputs, as high as that allows.
std::string to_svg(const Variable& y, std::int64_t limit = 500);

}  // namespace gradus
