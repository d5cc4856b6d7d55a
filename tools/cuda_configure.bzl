"""Finds the CUDA toolkit, or says why there is none; the default build does not need it."""

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "cudart",
    srcs = [{library}],
    linkopts = [{linkopts}],
    linkstatic = 1,
)
"""

def _cuda_configure_impl(ctx):
    env = ctx.os.environ
    found, why, version = "", "", ""
    if env.get("GRADUS_CUDA") == "0":
        why = "GRADUS_CUDA=0 turns it off"
    else:
        for variable in ["CUDA_HOME", "CUDA_PATH"]:
            # What a person asks for is never replaced by something else.
            if env.get(variable) and not found and not why:
                found = env[variable]
                if not ctx.path(found + "/bin/nvcc").exists:
                    found, why = "", "%s is %s, where there is no bin/nvcc" % (variable, found)
        if not found and not why:
            on_path = ctx.which("nvcc")
            if ctx.path("/usr/local/cuda/bin/nvcc").exists:
                found = "/usr/local/cuda"
            elif on_path:
                found = str(on_path.realpath.dirname.dirname)
            else:
                why = "no nvcc in /usr/local/cuda/bin nor on PATH"
    library, linkopts = "", ""
    if found:
        result = ctx.execute([found + "/bin/nvcc", "--version"])
        words = result.stdout.split("release ")
        if result.return_code != 0 or len(words) < 2:
            found, why = "", "%s/bin/nvcc --version says: %s" % (found, result.stderr)
        else:
            version = words[1].split(",")[0]
            if int(version.split(".")[0]) < 12:
                found, why = "", "%s has CUDA %s; expected 12 or newer" % (found, version)
    if found:
        for folder in ["lib64", "lib", "targets/x86_64-linux/lib"]:
            path = ctx.path("%s/%s/libcudart_static.a" % (found, folder))
            if path.exists and not library:
                ctx.symlink(path, "libcudart_static.a")
                library, linkopts = '"libcudart_static.a"', '"-lpthread", "-ldl", "-lrt"'
        if not library:
            found, why = "", "%s has no libcudart_static.a" % found
    ctx.file("BUILD", _BUILD.format(library = library, linkopts = linkopts))
    ctx.file("cuda_toolkit.bzl", "CUDA_TOOLKIT = " + repr(struct(
        home = found,
        why = why,
        version = version,
    )) + "\n")

cuda_configure = repository_rule(
    implementation = _cuda_configure_impl,
    configure = True,
    environ = ["CUDA_HOME", "CUDA_PATH", "GRADUS_CUDA", "PATH"],
)
