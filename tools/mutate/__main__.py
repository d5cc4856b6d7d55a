#!/usr/bin/env python3
"""Breaks every derivative in every simple way, and looks whether a test fails.

  ./gradus mutate [--sample N] [--seed S] [--list] [--built] [WORD...]

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
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

from build import Overlay, Unit, unit_of  # noqa: E402
from common import fail  # noqa: E402
from mutants import find_mutants, sample_of  # noqa: E402
from run import Tests  # noqa: E402

JOBS = max(1, min(4, len(os.sched_getaffinity(0))))


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
