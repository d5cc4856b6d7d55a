"""Mutants: found in the sources, excused by comments, chosen by lot."""
import random
import re

from changes import bodies_of
from common import ROOT


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
