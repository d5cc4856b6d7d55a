"""The objects that hold the mutants: each body once per mutant, chosen by a variable."""
import os
import re
import subprocess
import threading
from pathlib import Path

from common import ROOT


def unit_of(path):
    """What is compiled together: a header and its source."""
    return str(Path(path).with_suffix(""))


class Overlay:
    """The files with their mutants: each body once per mutant. All objects are made from these, so
    that it does not matter whose definition of an inline function the linker takes."""

    def __init__(self, mutants, folder):
        self.mutants, self.folder = mutants, folder
        self.not_compiled, self.lines, self.lock = set(), {}, threading.Lock()
        for path in sorted({m.path for m in mutants}):
            self.write(path)

    def write(self, path):
        """Also remembers which lines belong to which mutant."""
        mine = [m for m in self.mutants if m.path == path and m not in self.not_compiled]
        text, out, done = (ROOT / path).read_text(), "", 0
        for begin, end in sorted({(m.body.begin, m.body.end) for m in mine}):
            out += text[done:begin] + "{\n"
            for m in mine:
                if m.body.begin != begin:
                    continue
                start = out.count("\n") + 1
                a, b, new = m.change
                out += (f"if (::gradus_mutant == {m.number}) " + text[begin:a] + new +
                        text[b:end] + " else\n")
                for line in range(start, out.count("\n") + 1):
                    self.lines[path, line] = m
            out += text[begin:end] + "\n}"
            done = end
        # Inline functions that nobody calls in an object are to be in it too.
        whole = re.sub("^inline ", "[[gnu::used]] inline ", out + text[done:], flags=re.M)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / (path + f".{threading.get_ident()}")
        fresh.write_text(whole)
        fresh.rename(self.folder / path)  # others may be reading it

    def drop(self, errors):
        """Takes out the mutants that the compiler did not like; whether there were any."""
        with self.lock:
            wrong = set()
            for path, line in re.findall(r"^(\S+?):(\d+):\d+: error:", errors, re.M):
                path = os.path.relpath(path, self.folder)
                wrong.add(self.lines.get((path, int(line))))
            wrong.discard(None)
            self.not_compiled |= wrong
            for path in {m.path for m in wrong}:
                self.write(path)
            return bool(wrong)


class Unit:
    """The object of a header with mutants and of its source."""

    FLAGS = ("-std=c++20 -O1 -march=native -ffp-contract=off -fno-math-errno -fopenmp-simd -fwrapv"
             " -w").split()

    def __init__(self, name, overlay, work):
        self.name, self.overlay, self.work = name, overlay, work
        self.object = work / (name.replace("/", "_") + ".o")

    def source(self):
        text = '#include "tensor/elementwise_all.h"\n'
        if self.name.startswith("tensor/elementwise/"):
            header = [self.name + ".h"]
            return text + self.emitted("tensor/cpu/emit.h", "TENSOR", header) + self.emitted(
                "autograd/emit.h", "AUTOGRAD", header)
        if self.name == "autograd/emit":  # the nodes of all rules
            rules = sorted((ROOT / "tensor/elementwise").glob("*.h"))
            return text + self.emitted("autograd/emit.h", "AUTOGRAD",
                                       [str(rule.relative_to(ROOT)) for rule in rules])
        for suffix in (".h", ".cc"):
            if (ROOT / (self.name + suffix)).exists():
                text += f'#include "{self.name}{suffix}"\n'
        return text

    def emitted(self, prelude, prefix, headers):
        return subprocess.run(["sh", "tools/emit.sh", prelude, f"GRADUS_EMIT_{prefix}_", *headers],
                              cwd=ROOT, capture_output=True, text=True, check=True).stdout

    def compile(self):
        """An error message, or "" when the object is there."""
        source = self.object.with_suffix(".cc")
        source.write_text(self.source())
        while True:
            done = subprocess.run(
                ["g++", *self.FLAGS, "-include", str(self.work / "mutant.h"),
                 f"-I{self.overlay.folder}", "-I.", "-Ibazel-bin", "-isystem",
                 "/usr/include/eigen3", "-c", str(source), "-o", str(self.object)],
                cwd=ROOT, capture_output=True, text=True)
            if done.returncode == 0:
                return ""
            if not self.overlay.drop(done.stderr):
                return done.stderr[-3000:]
