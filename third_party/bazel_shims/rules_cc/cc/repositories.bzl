"""Bazel may call these during set-up; nothing has to be fetched."""

def rules_cc_dependencies():
    pass

def rules_cc_toolchains():
    pass
