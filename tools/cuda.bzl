"""cuda_library: files that nvcc compiles, as a library like any other."""

load("@local_cuda//:cuda_toolkit.bzl", "CUDA_TOOLKIT")

# Every rounding of a formula is written down, as for g++: the same bits on every device.
_FLAGS = [
    "-x cu",
    "-std=c++20",
    "-O3",
    "--expt-relaxed-constexpr",
    "-fmad=false",
    "-lineinfo",
    "-Werror all-warnings",
    "-Xcompiler -Wall,-Wextra,-ffp-contract=off,-g0",
    "-DGRADUS_WITH_CUDA",
]

_ALL = "-gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=[sm_90,compute_90]"
_SM90 = "-gencode arch=compute_90,code=sm_90"

# For libraries whose own files call launchers of both devices, by on_device().
CUDA_DEFINES = select({
    "//tools:cuda": ["GRADUS_WITH_CUDA"],
    "//conditions:default": [],
})

def _cuda_objects_impl(ctx):
    if not CUDA_TOOLKIT.home:
        fail("--config=cuda needs the CUDA toolkit, 12 or newer: %s. Set CUDA_HOME, or build without " %
             CUDA_TOOLKIT.why + "--config=cuda")
    contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps]
    includes, defines, headers = [], [], []
    for context in contexts:
        headers.append(context.headers)
        for folders in [context.includes, context.quote_includes, context.system_includes]:
            includes += folders.to_list()
        defines += context.defines.to_list()
    flags = _FLAGS + [ctx.attr.architectures]
    if int(CUDA_TOOLKIT.version.split(".")[0]) >= 13:
        flags.append("--compress-mode=size")
    flags += ["-I" + folder for folder in depset(includes).to_list()]
    flags += ["-D" + define for define in defines]
    objects = []
    for source in ctx.files.srcs:
        name = source.short_path.replace("/", "_")[:-len(".cu.cc")]
        object = ctx.actions.declare_file("_nvcc/%s/%s.o" % (ctx.label.name, name))
        objects.append(object)
        ctx.actions.run_shell(
            inputs = depset([source], transitive = headers),
            outputs = [object],
            # A folder of its own: nvcc names temporary files after process and source, and
            # processes in sandboxes share their small numbers.
            command = "TMPDIR=$(mktemp -d) || exit; export TMPDIR; " +
                      "trap 'rm -rf \"$TMPDIR\"' EXIT; %s/bin/nvcc %s -c %s -o %s" %
                      (CUDA_TOOLKIT.home, " ".join(flags), source.path, object.path),
            env = {"PATH": "/usr/bin:/bin", "NVCC_RELEASE": CUDA_TOOLKIT.version},
            mnemonic = "Nvcc",
            progress_message = "Compiling %s with nvcc" % source.short_path,
        )
    return [DefaultInfo(files = depset(objects))]

_cuda_objects = rule(
    implementation = _cuda_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cu.cc"]),
        "deps": attr.label_list(providers = [CcInfo]),
        "architectures": attr.string(),
    },
)

def cuda_library(name, srcs, deps = [], **kwargs):
    """A library of files that nvcc compiles under --config=cuda; empty without.

    Args:
      name: target name.
      srcs: *.cu.cc files, one run of nvcc each.
      deps: libraries whose headers they include.
      **kwargs: handed to cc_library.
    """
    _cuda_objects(
        name = name + "_objects",
        srcs = srcs,
        deps = deps,
        architectures = select({
            "//tools:sm90": _SM90,
            "//conditions:default": _ALL,
        }),
        # Only what asks for CUDA needs nvcc.
        tags = ["manual"],
    )
    native.cc_library(
        name = name,
        srcs = select({
            "//tools:cuda": [":%s_objects" % name],
            "//conditions:default": [],
        }),
        linkstatic = 1,
        alwayslink = 1,
        deps = select({
            "//tools:cuda": ["@local_cuda//:cudart"] + deps,
            "//conditions:default": [],
        }),
        **kwargs
    )
