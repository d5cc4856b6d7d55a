"""Rules that find their files by themselves: adding a file never needs a BUILD line."""

load("//tools:precompiled.bzl", "precompiled_header")

GRADUS_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    # a*b+c is rounded twice, so that every device gives the same bits.
    "-ffp-contract=off",
    # errno would keep loops with sqrt or exp from being vectorised.
    "-fno-math-errno",
] + select({
    # gcc 12 takes some constants of 32 bytes, such as {1.0, 1.0, 0.0, 0.0}, for four times the same
    # number when it moves them at once; see tests/house/compiler_test.cc.
    "@platforms//cpu:x86_64": ["-mmove-max=128", "-mstore-max=128"],
    "//conditions:default": [],
})

# `-c opt` passes -O2, with which gcc leaves many loops unvectorised. `#pragma omp simd` makes it
# vectorise a loop whatever it thinks of the cost; no OpenMP library is linked.
# gcc 12 takes its own AVX-512 intrinsics for uses of unset variables.
# Whole numbers wrap around, as in PyTorch.
KERNEL_COPTS = GRADUS_COPTS + ["-O3", "-fopenmp-simd", "-fwrapv", "-Wno-maybe-uninitialized"]

# Programs and tests know their lines, which memory reports name.
PROGRAM_COPTS = GRADUS_COPTS + ["-g1"]

# Tests are compiled more often than they run. With a section for each function, memory reports find
# no lines.
TEST_COPTS = PROGRAM_COPTS + ["-Og", "-fno-function-sections"]

LIBRARIES = [
    "//tensor",
    "//autograd",
    "//nn",
    "//optim",
    "//data",
    "//train",
]

def gradus_library(name, srcs = [], hdrs = [], deps = [], kernels = False, copts = [], **kwargs):
    """A cc_library with the flags of the house.

    Args:
      name: target name.
      srcs: sources.
      hdrs: public headers.
      deps: libraries below this one.
      kernels: True for numerical loops; they are compiled with -O3.
      copts: further compiler flags.
      **kwargs: handed to cc_library.
    """
    system = "system_kernels" if kernels else "system"
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = (KERNEL_COPTS if kernels else GRADUS_COPTS) + copts +
                ["-include", "$(GENDIR)/tools/%s.h" % system],
        linkstatic = 1,
        # Linked whole: the parts of a package may need each other in any order.
        alwayslink = 1,
        visibility = ["//visibility:public"],
        deps = deps + ["//tools:" + system],
        **kwargs
    )

def emit_sources(name, headers, prelude, prefix, single = False):
    """Makes the .cc files that define what the headers declare; see tools/emit.sh.

    Args:
      name: prefix of the generated names.
      headers: files of this package, or, with single, any labels (a filegroup too).
      prelude: header, named from the repository root, that defines the <prefix>... macros.
      prefix: what GRADUS_ becomes, such as "GRADUS_EMIT_TENSOR_".
      single: one .cc for all headers instead of one each.

    Returns:
      The generated files, for `srcs`.
    """
    jobs = {name + ".cc": headers} if single else {
        "%s/%s.cc" % (name, header[:-len(".h")]): [header]
        for header in headers
    }
    for out, srcs in jobs.items():
        native.genrule(
            name = "generate_" + out[:-len(".cc")].replace("/", "_"),
            srcs = srcs,
            outs = [out],
            cmd = "$(location //tools:emit) %s %s $(SRCS) > $@" % (prelude, prefix),
            tools = ["//tools:emit"],
        )
    return jobs.keys()

def umbrella(name, out, headers):
    """Makes the header `out`, which includes all `headers` (files or filegroups), sorted."""
    native.genrule(
        name = name,
        srcs = headers,
        outs = [out],
        cmd = "$(location //tools:umbrella) $(SRCS) > $@",
        tools = ["//tools:umbrella"],
        visibility = ["//visibility:public"],
    )

def sources():
    """All C++ files of the package as //PACKAGE:sources, for the tests that read them."""
    native.filegroup(
        name = "sources",
        srcs = native.glob(
            ["**/*.h", "**/*.cc"],
            allow_empty = True,
        ),
        visibility = ["//visibility:public"],
    )

def _program_of(file):
    """examples/A/B_program_test.cc runs the program //examples:A/B, all_programs_test.cc each one."""
    if file == "examples/all_programs_test.cc":
        return ["//examples:programs"]
    suffix = "_program_test.cc"
    if not file.startswith("examples/") or not file.endswith(suffix):
        return []
    return ["//examples:" + file[len("examples/"):-len(suffix)]]

def gradus_tests(support = []):
    """One cc_test for each **/*_test.cc; shared code lives in support/, expected values in golden/.

    A file ending in _long_test.cc may take 15 minutes, any other 5. Headers beside a test are its
    own, and examples/A/B_program_test.cc finds the program examples/A/B beside the golden files.

    Args:
      support: generated sources that join those of support/.
    """
    native.cc_library(
        name = "support",
        testonly = 1,
        srcs = native.glob(["support/**/*.cc"], allow_empty = True) + support,
        hdrs = native.glob(["support/**/*.h"], allow_empty = True),
        copts = TEST_COPTS,
        linkstatic = 1,
        # The generated list of rules registers itself.
        alwayslink = 1,
        visibility = ["//visibility:public"],
        deps = LIBRARIES + ["//third_party:gtest"],
    )
    precompiled_header(
        name = "precompiled",
        testonly = 1,
        src = "support/precompiled.h",
        copts = TEST_COPTS,
    )
    golden = native.glob(["golden/**"], allow_empty = True)
    for file in native.glob(["**/*_test.cc"], allow_empty = True):
        native.cc_test(
            name = file[:-len("_test.cc")],
            size = "large" if file.endswith("_long_test.cc") else "medium",
            srcs = [file] + native.glob(
                [file[:file.rfind("/") + 1] + "*.h"],
                allow_empty = True,
            ),
            copts = TEST_COPTS + ["-include", "$(GENDIR)/tests/precompiled.h"],
            data = golden + _program_of(file),
            deps = LIBRARIES + [
                ":precompiled",
                ":support",
                "//examples:support",
                "//third_party:gtest_main",
                "//third_party:json",
            ],
        )

def gradus_binaries(deps = []):
    """One cc_binary for each **/*.cc, but what is in folders named support or models, a library."""
    native.cc_library(
        name = "support",
        srcs = native.glob(["**/support/**/*.cc", "**/models/**/*.cc"], allow_empty = True),
        hdrs = native.glob(["**/support/**/*.h", "**/models/**/*.h"], allow_empty = True),
        copts = PROGRAM_COPTS,
        linkstatic = 1,
        visibility = ["//visibility:public"],
        deps = LIBRARIES + deps,
    )
    mains = native.glob(
        ["**/*.cc"],
        allow_empty = True,
        exclude = ["**/support/**", "**/models/**"],
    )
    native.filegroup(
        name = "programs",
        srcs = [file[:-len(".cc")] for file in mains],
        visibility = ["//visibility:public"],
    )
    for file in mains:
        native.cc_binary(
            name = file[:-len(".cc")],
            srcs = [file],
            copts = PROGRAM_COPTS,
            visibility = ["//visibility:public"],
            deps = LIBRARIES + deps + [":support"],
        )
