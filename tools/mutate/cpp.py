"""As much of C++ as the tool has to understand: tokens, operands, functions."""
import re

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
    r"|[A-Za-z_]\w*(?:\s*::\s*~?[A-Za-z_]\w*)*|\d(?:[\w.]|(?<=[eE])[+-])*"
    r"|->|<=>|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||\+\+|--|<<|>>|::|\S",
    re.S)
CLOSING = {"(": ")", "[": "]", "{": "}"}


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
