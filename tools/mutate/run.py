"""The program with the mutants and the tests of autograd, and which test notices a mutant."""
import os
import re
import subprocess
from pathlib import Path

from common import ROOT, fail

TEST_SECONDS = 300
# Tests that take long, and that look at time or memory more than at numbers.
NOT_RUN = {"allocations", "deep_graph", "memory", "scale", "threads"}


class Tests:
    """The program with the mutants and the tests of autograd."""

    def __init__(self, work):
        self.work, self.program = work, work / "mutants"
        folder = ROOT / "tests/autograd"
        self.files = {}  # target -> text
        for file in sorted(folder.rglob("*_test.cc")):
            target = str(file.relative_to(ROOT / "tests"))[:-len("_test.cc")]
            if Path(target).name not in NOT_RUN:
                self.files[target] = file.read_text()

    def build(self):
        labels = ["//tests:" + target for target in self.files]
        if subprocess.run(["bazel", "build", *labels], cwd=ROOT).returncode != 0:
            fail("bazel could not build the tests")

    def link(self, objects):
        bin_folder = (ROOT / "bazel-bin").resolve()
        lines, tests = None, []
        for target in self.files:
            params = bin_folder / f"tests/{target}-2.params"
            if not params.exists():
                fail(f"//tests:{target} is not built")
            found = params.read_text().split("\n")
            lines = lines or found
            tests += [line for line in found if "/tests/_objs/" in line and "/support/" not in line]
        first = next(i for i, line in enumerate(lines) if "/tests/_objs/" in line)
        lines = lines[:first] + [str(o) for o in objects] + tests + lines[first + 1:]
        lines[lines.index("-o") + 1] = str(self.program)
        # The first definition of a name is taken.
        arguments = self.work / "link.params"
        arguments.write_text("\n".join(["-Wl,-z,muldefs"] + lines))
        done = subprocess.run(["g++", f"@{arguments}"], cwd=bin_folder.parents[2],
                              capture_output=True, text=True)
        if done.returncode != 0:
            fail("the mutants do not link:\n" + done.stderr[-3000:])

    def suites(self, name):
        """The test suites of the files that mention this operation, or have to do with all."""
        word = re.compile(r"\b%s\b" % re.escape(name))
        found = set()
        for target, text in self.files.items():
            if word.search(text) or "rules()" in text:
                found |= set(re.findall(r"^TEST(?:_P|_F)?\((\w+)", text, re.M))
        return found

    def run(self, mutant, pattern):
        """The first test that fails, or "" when all pass."""
        env = dict(os.environ, GRADUS_MUTANT=str(mutant.number if mutant else 0),
                   GTEST_CATCH_EXCEPTIONS="1")
        try:
            done = subprocess.run([str(self.program), "--gtest_filter=" + pattern,
                                   "--gtest_fail_fast", "--gtest_color=no"], cwd=ROOT, env=env,
                                  capture_output=True, text=True, errors="replace",
                                  timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired as late:
            ran = re.findall(r"\[ RUN +\] (\S+)", (late.stdout or b"").decode(errors="replace"))
            return (ran or ["?"])[-1] + " (does not end)"
        self.output = done.stdout
        if done.returncode == 0:
            return ""
        failed = re.findall(r"\[  FAILED  \] ([\w./]+)", done.stdout)
        if failed:
            return failed[0]
        ran = re.findall(r"\[ RUN +\] (\S+)", done.stdout)
        return (ran or ["no test"])[-1] + f" (ends with {done.returncode})"

    def first_to_fail(self, mutant):
        suites = self.suites(Path(mutant.path).stem)
        pattern = ":".join(f"{s}.*:*/{s}.*" for s in sorted(suites))
        return (suites and self.run(mutant, pattern)) or self.run(
            mutant, "*-" + pattern if suites else "*")
