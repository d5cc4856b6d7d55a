"""The simple ways to break a formula, and the functions that are broken."""
import re

from cpp import CLOSING, Tokens, functions

# Functions that backward.cc adds up gradients in; nothing else of it is a derivative.
WALK = {"autograd/backward.cc": {"arrive", "fit", "store"}}
# Calls f(x, ...) that are left out, so that x remains.
DROPPED_CALLS = {"sum_to", "sum", "transpose", "flip", "masked_fill", "tril", "triu"}


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
