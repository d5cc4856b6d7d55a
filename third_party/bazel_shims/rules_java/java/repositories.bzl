"""Bazel may call these during set-up; nothing has to be fetched."""

def rules_java_dependencies():
    pass

def rules_java_toolchains():
    pass
