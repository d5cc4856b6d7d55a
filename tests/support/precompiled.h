#pragma once
// What nearly every test includes, compiled once for all of them (tools/precompiled.bzl). A test
// still includes by itself what it uses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>
