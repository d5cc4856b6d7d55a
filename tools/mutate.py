#!/usr/bin/env python3
"""Breaks every derivative in every simple way, and looks whether a test fails.

  tools/mutate.py [--sample N] [--seed S] [--list] [--built] [WORD...]

A mutant is one backward with one change: a sign flipped, a term, a factor or a whole gradient left
out, a sum over broadcast axes left out, the sides of a select exchanged. The mutants are found in
the sources: the derivatives of tensor/elementwise, the functions of autograd that take a Gradients,
the helpers of both that stand in the same file, and what autograd/backward.cc does with gradients.

--sample N   N of them, no two of one file where there are enough files; --seed S chooses others
--list       only say what they are
--built      bazel need not build the tests first: they are built
WORD         only mutants of files with one of these words in their name

For each it prints `killed by TEST: MUTANT` or `SURVIVED: MUTANT`, and in the end
`N mutants, N killed, N survived`. Ends with 1 when one survived, 2 when the check itself failed.
A change that means the same is excused at its place, by a comment on its line or the line above:
  // No mutants: why.              nothing on this line
  // No mutants of "+ one": why.   only what begins in this piece of it

All mutants of a file are compiled at once: the body of each function is repeated once per mutant,
behind an `if` that asks for the variable GRADUS_MUTANT. The objects are linked in front of those
that bazel has made for the tests of autograd, and the linker takes the first definition of a name.
Before any mutant, the tests must pass on this program without one.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(os.environ.get("GRADUS_MUTATE_ROOT") or Path(__file__).resolve().parent.parent)
JOBS = max(1, min(4, len(os.sched_getaffinity(0))))
TEST_SECONDS = 300

# Functions that backward.cc adds up gradients in; nothing else of it is a derivative.
WALK = {"autograd/backward.cc": {"arrive", "fit", "store"}}
# Calls f(x, ...) that are left out, so that x remains.
DROPPED_CALLS = {"sum_to", "sum", "transpose", "flip", "masked_fill", "tril", "triu"}
# Tests that take long, and that look at time or memory more than at numbers.
NOT_RUN = {"allocations", "deep_graph", "memory", "scale", "threads"}

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
    r"|[A-Za-z_]\w*(?:\s*::\s*~?[A-Za-z_]\w*)*|\d(?:[\w.]|(?<=[eE])[+-])*"
    r"|->|<=>|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||\+\+|--|<<|>>|::|\S",
    re.S)
CLOSING = {"(": ")", "[": "]", "{": "}"}


def fail(text):
    print("mutate: " + text, file=sys.stderr)
    sys.exit(2)


class Tokens:
    """The tokens of a text without comments, and which brackets belong together."""

    def __init__(self, text, begin, end):
        self.text = text
        found = [m for m in TOKEN.finditer(text, begin, end) if not m[0].startswith(("//", "/*"))]
        self.words = [m[0] for m in found]
        self.begins = [m.start() for m in found]
        self.ends = [m.end() for m in found]
        self.partner = {}
        open_ones = []
        for i, word in enumerate(self.words):
            if word in CLOSING:
                open_ones.append(i)
            elif word in CLOSING.values() and open_ones:
                other = open_ones.pop()
                self.partner[i], self.partner[other] = other, i

    def at(self, i):
        return self.words[i] if 0 <= i < len(self.words) else ""

    def is_value(self, i):
        """Whether an operand may end at token i, so that a minus behind it is binary."""
        word = self.at(i)
        if word in ("return", "case"):
            return False
        return bool(word) and (word in ")]}" or word[0].isalnum() or word[0] == "_")

    def unary_end(self, i):
        """Behind the operand that begins at token i, with its signs and what follows it."""
        while self.at(i) in ("-", "+", "!", "~", "*", "&"):
            i += 1
        if self.at(i) == "static_cast":
            while self.at(i) != "(":
                i += 1
        i = self.partner.get(i, i) + 1
        while True:
            if self.at(i) in ("(", "[", "{"):
                i = self.partner[i] + 1
            elif self.at(i) in (".", "->"):
                i += 2
            else:
                return i

    def unary_begin(self, i):
        """Where the operand begins whose last token is i, its signs included."""
        while True:
            if self.at(i) in (")", "]", "}"):
                i = self.partner[i]
                if self.is_value(i - 1) or self.at(i - 1) == ">":
                    i -= 1
                    continue
            if self.at(i - 1) in (".", "->"):
                i -= 2
                continue
            break
        while self.at(i - 1) in ("-", "!") and not self.is_value(i - 2):
            i -= 1
        return i

    def product_end(self, i):
        i = self.unary_end(i)
        while self.at(i) in ("*", "/", "%"):
            i = self.unary_end(i + 1)
        return i

    def product_begin(self, i):
        i = self.unary_begin(i)
        while self.at(i - 1) in ("*", "/", "%") and self.is_value(i - 2):
            i = self.unary_begin(i - 2)
        return i

    def arguments(self, i):
        """The ranges of tokens between the commas in the brackets that open at token i."""
        ranges, begin, k = [], i + 1, i + 1
        while k < self.partner[i]:
            if self.at(k) == ",":
                ranges.append((begin, k))
                begin = k + 1
            k = self.partner[k] + 1 if self.at(k) in CLOSING else k + 1
        return ranges + [(begin, self.partner[i])]


class Body:
    """The body of a function: where it is in its file, and the changes that make mutants."""

    def __init__(self, text, name, begin, end, whole_gradients):
        self.text, self.name, self.begin, self.end = text, name, begin, end
        self.changes = []  # (from, to, new text)
        self.tokens = Tokens(text, begin, end)
        self.seen = {"".join(text[begin:end].split())}
        t = self.tokens
        nothing = set()  # tokens of errors, and of what is done when there are no elements
        for i, word in enumerate(t.words):
            before = self.of(max(0, i - 15), i) if i > 0 else ""
            empty = before.endswith("== 0)") and "numel" in before.split(";")[-1]
            if word == "throw" or (word == "return" and empty):
                nothing |= set(range(i, self.statement_end(i)))
        for i, word in enumerate(t.words):
            if i in nothing:
                continue
            if word in ("*", "/", "+", "-"):
                self.operator(i)
            elif t.at(i + 1) == "(" and word in ("select", "where"):
                (_, yes, no) = (t.arguments(i + 1) + [None] * 3)[:3]
                if no is not None:
                    a, b = self.of(*yes), self.of(*no)
                    between = text[t.ends[yes[1] - 1]:t.begins[no[0]]]
                    self.change(yes[0], no[1], b + between + a)
            elif t.at(i + 1) == "(" and word in DROPPED_CALLS:
                first = t.arguments(i + 1)[0]
                if first[0] < first[1]:
                    self.change(i, t.partner[i + 1] + 1, "(" + self.of(*first) + ")")
            if whole_gradients and word == "return":
                self.gradient(i + 1, self.statement_end(i))
            if word == "d" and t.at(i + 1) == "." and t.at(i + 2) == "set":
                arguments = t.arguments(i + 3)
                gradient = arguments[1][0], arguments[-1][1]  # f<a, b>() has a comma too
                if t.at(gradient[0]) not in ("zeros", "zeros_like"):
                    self.gradient(*gradient)
                    self.change(i, t.partner[i + 3] + 1, "")

    def of(self, begin, end):
        return self.text[self.tokens.begins[begin]:self.tokens.ends[end - 1]]

    def change(self, begin, end, new):
        """Tokens begin to end - 1 become `new`."""
        a, b = self.tokens.begins[begin], self.tokens.ends[end - 1]
        words = "".join((self.text[self.begin:a] + new + self.text[b:self.end]).split())
        if words not in self.seen:  # x * x without the first factor and without the second
            self.seen.add(words)
            self.changes.append((a, b, new))

    def statement_end(self, i):
        while self.tokens.at(i) not in (";", ""):
            i = self.tokens.partner[i] + 1 if self.tokens.at(i) in CLOSING else i + 1
        return i

    def gradient(self, begin, end):
        """The sign of all that is returned or set."""
        if self.tokens.at(begin) == "-" and self.tokens.product_end(begin) == end:
            return  # the sign in front is a mutant of its own
        if self.of(begin, end).endswith("* T(0)"):
            return  # 0 has none
        self.change(begin, end, "-(" + self.of(begin, end) + ")")

    def operator(self, i):
        t = self.tokens
        word = t.at(i)
        if '"' in t.at(i - 1)[:1] + t.at(i + 1)[:1]:
            return  # of texts
        if not t.is_value(i - 1):
            # -1 as an argument is an axis.
            axis = t.at(i + 1).isdigit() and t.at(i - 1) in ("(", ",", "{") and t.at(i - 2) != "T"
            if word == "-" and not axis:
                self.change(i, i + 1, "")
            return
        if word in ("*", "/"):
            self.change(i, t.unary_end(i + 1), "")
            left = t.unary_begin(i - 1)
            if word == "*" and t.at(left - 1) not in ("*", "/"):
                self.change(left, i + 1, "")
            return
        end, left = t.product_end(i + 1), t.product_begin(i - 1)
        self.change(i, i + 1, "+" if word == "-" else "-")
        self.change(i, end, "")
        if not (t.at(left - 1) in ("+", "-") and t.is_value(left - 2)):
            self.change(left, i + 1, "" if word == "+" else "-")


def functions(text):
    """(name, parameters, begin and end of the body, type) of what looks like a function."""
    text = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), text)
    for m in re.finditer(r"\b([A-Za-z_]\w*(?:::\w+)*)\(", text):
        depth, i = 1, m.end()
        while depth and i < len(text):
            depth += {"(": 1, ")": -1}.get(text[i], 0)
            i += 1
        tail = re.compile(r"\s*(?:const|override|noexcept|\s)*\{").match(text, i)
        before = text[:m.start()].rstrip()
        if not tail or not re.search(r"[\w&>*]$", before) or before.endswith("return"):
            continue
        tokens = Tokens(text, tail.end() - 1, len(text))
        end = tokens.ends[tokens.partner[0]]
        kind = re.search(r"\w*(?=[\s&>]*$)", before)[0]
        yield m[1].split("::")[-1], text[m.end():i - 1], tail.end() - 1, end, kind


def bodies_of(path, text):
    """The functions of a file that have mutants: derivatives, and helpers that these call."""
    found = list(functions(text))
    wanted = [f for f in found if is_derivative(path, f)]
    names = {f[0] for f in wanted}
    grown = True
    while grown:
        called = " ".join(text[f[2]:f[3]] for f in wanted)
        more = [f for f in found if f not in wanted and re.search(r"\b%s\(" % f[0], called)
                and not re.search(r"\brecord(_\w+)?\(", text[f[2]:f[3]]) and path not in WALK
                and f[4] in ("T", "Variable", "Tensor") and f[0] != "forward"]
        grown = bool(more)
        wanted += more
    for name, _, begin, end, _ in sorted(wanted, key=lambda f: f[2]):
        whole = path.startswith("tensor/") and name in names
        yield Body(text, name, begin, end, whole)


def is_derivative(path, function):
    if path in WALK:
        return function[0] in WALK[path]
    if path.startswith("tensor/"):
        return re.fullmatch(r"backward(_[abc])?", function[0]) is not None
    return re.search(r"\bGradients&", function[1]) is not None


def tidy(text):
    text = " ".join(re.sub(r"//[^\n]*", "", text).split())
    return re.sub(r" (?=[;,)])|(?<=\() ", "", text)


class Mutant:
    def __init__(self, path, body, change):
        self.path, self.body, self.change = path, body, change
        begin, end, new = change
        text = body.text
        self.line = text.count("\n", 0, begin) + 1
        # With the operands on both sides, as a reader needs them.
        first, last = text.rfind("\n", 0, begin) + 1, (text.find("\n", end) + 1 or len(text)) - 1
        first, last = max(first, body.begin + 1), min(last, body.end - 1)
        words = [text[first:last], text[first:begin] + new + text[end:last]]
        before, after = (tidy(w) for w in words)
        self.number = 0
        self.text = f"{path}:{self.line}  {before}  ->  {after}"


def excused(text, at):
    """Whether a comment on the line, or alone on the line above, says that a change is no error."""
    begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    above = text[text.rfind("\n", 0, max(0, begin - 1)) + 1:begin].strip()
    line = text[begin:end] + (above if above.startswith("//") else "")
    said = re.search(r'// No mutants(?: of "(.+?)")?: ', line)
    if said is None or said[1] is None:
        return said is not None
    piece = text.find(said[1], begin)
    return piece <= at < piece + len(said[1])


def find_mutants(words):
    mutants = []
    folders = (ROOT / "tensor/elementwise", ROOT / "autograd", ROOT / "autograd/ops")
    for folder in folders:
        for file in sorted(folder.glob("*")):
            path = str(file.relative_to(ROOT))
            if file.suffix not in (".h", ".cc") or (words and not any(w in path for w in words)):
                continue
            text = file.read_text()
            for body in bodies_of(path, text):
                for change in sorted(body.changes):
                    if not excused(text, change[0]):
                        mutants.append(Mutant(path, body, change))
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
    return mutants


def sample_of(mutants, size, seed):
    chosen, rest, files = [], list(mutants), set()
    random.Random(seed).shuffle(rest)
    for again in (False, True):
        for mutant in list(rest):
            if len(chosen) < size and (again or mutant.path not in files):
                chosen.append(mutant)
                files.add(mutant.path)
                rest.remove(mutant)
    return sorted(chosen, key=lambda m: m.number)


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


def main():
    parser = argparse.ArgumentParser(prog="./gradus mutate", usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--built", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()

    mutants = find_mutants(options.words)
    if options.sample is not None:
        mutants = sample_of(mutants, options.sample, options.seed)
    if options.list or not mutants:
        for mutant in mutants:
            print(mutant.text)
        print(f"{len(mutants)} mutants")
        return 0 if mutants else 2

    with tempfile.TemporaryDirectory(prefix="gradus-mutate-") as folder:
        work = Path(folder)
        tests = Tests(work)
        if not options.built:
            tests.build()
        (work / "mutant.h").write_text(
            "#pragma once\n#include <cstdlib>\n"
            "inline const int gradus_mutant = std::getenv(\"GRADUS_MUTANT\") == nullptr ? 0 : "
            "std::atoi(std::getenv(\"GRADUS_MUTANT\"));\n")
        names = sorted({unit_of(m.path) for m in mutants})
        overlay = Overlay(mutants, work / "overlay")
        units = [Unit(name, overlay, work) for name in names]
        with ThreadPoolExecutor(JOBS) as pool:
            for unit, error in zip(units, pool.map(Unit.compile, units)):
                if error:
                    fail(f"{unit.name} with its mutants does not compile:\n{error}")
        tests.link([u.object for u in units])
        without = tests.run(None, "*")
        if without:
            told = tests.output.partition(f"[ RUN      ] {without}")[2].partition("[  FAILED  ]")[0]
            fail(f"{without} fails without a mutant:{told[:3000]}")
        alive = [m for m in mutants if m not in overlay.not_compiled]
        survived = 0
        with ThreadPoolExecutor(JOBS) as pool:
            for mutant, test in zip(alive, pool.map(tests.first_to_fail, alive)):
                survived += not test
                print(f"killed by {test}: {mutant.text}" if test else f"SURVIVED: {mutant.text}",
                      flush=True)
        for mutant in sorted(overlay.not_compiled, key=lambda m: m.number):
            print(f"does not compile: {mutant.text}")
    print(f"{len(alive)} mutants, {len(alive) - survived} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
