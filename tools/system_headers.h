#pragma once
// What nearly every source includes of the system, compiled once for all of them
// (tools/precompiled.bzl). A source still includes by itself what it uses.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>
