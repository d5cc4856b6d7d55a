"""Writes gpt.json: a GPT in PyTorch, with the names of GPT-2 as nanoGPT writes them, a softmax in
steps (fused ones have no second derivative) and one table for embedding and unembedding. Run:
python make_gpt.py"""
import torch.nn.functional as F
from torch import nn

from module_cases import *


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.p = c["heads"], c["dropout"]
        self.c_attn = nn.Linear(c["channels"], 3 * c["channels"], bias=c["bias"])
        self.c_proj = nn.Linear(c["channels"], c["channels"], bias=c["bias"])

    def forward(self, x):
        n, t, e = x.shape
        q, k, v = (part.view(n, t, self.heads, e // self.heads).transpose(1, 2)
                   for part in self.c_attn(x).chunk(3, dim=2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(e // self.heads)
        later = torch.ones(t, t, dtype=torch.bool).triu(1)
        weights = F.dropout(scores.masked_fill(later, -math.inf).softmax(-1), self.p, self.training)
        y = (weights @ v).transpose(1, 2).reshape(n, t, e)
        return F.dropout(self.c_proj(y), self.p, self.training)


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c_fc = nn.Linear(c["channels"], 4 * c["channels"], bias=c["bias"])
        self.c_proj = nn.Linear(4 * c["channels"], c["channels"], bias=c["bias"])
        self.dropout = nn.Dropout(c["dropout"])

    def forward(self, x):
        return self.dropout(self.c_proj(F.gelu(self.c_fc(x), approximate="tanh")))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_1 = nn.LayerNorm(c["channels"], bias=c["bias"])
        self.attn = Attention(c)
        self.ln_2 = nn.LayerNorm(c["channels"], bias=c["bias"])
        self.mlp = FeedForward(c)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(c["vocab"], c["channels"]),
            wpe=nn.Embedding(c["context"], c["channels"]),
            drop=nn.Dropout(c["dropout"]),
            h=nn.ModuleList(Block(c) for _ in range(c["layers"])),
            ln_f=nn.LayerNorm(c["channels"], bias=c["bias"])))
        self.lm_head = nn.Linear(c["channels"], c["vocab"], bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, tokens):
        one = tokens.dim() == 1
        tokens = tokens.unsqueeze(0) if one else tokens
        x = self.transformer.wte(tokens) + self.transformer.wpe(torch.arange(tokens.shape[1]))
        x = self.transformer.drop(x)
        for block in self.transformer.h:
            x = block(x)
        x = self.lm_head(self.transformer.ln_f(x))
        return x[0] if one else x


def case(tokens, train=True, smooth=True, **config):
    defaults = dict(vocab=5, context=4, layers=1, heads=1, channels=3, dropout=0.0, bias=True)
    config = defaults | config
    tokens = torch.as_tensor(tokens).long()
    return module_case(GPT(config), [tokens], config, train=train, smooth=smooth)


if __name__ == "__main__":
    two = [[1, 0, 3], [2, 2, 4]]
    write("gpt", [
        case(two), case(two, heads=3, bias=False), case(two, layers=2, bias=False),
        case(two, bias=False),
        case([[1], [4]], bias=False), case([[0, 1, 2, 3]], bias=False), case([4, 1, 0]),
        case([3], bias=False),
        case(torch.zeros(0, 2), smooth=False),  # PyTorch fails there
        case(two, dropout=0.5, train=False, bias=False), case(two, vocab=7, context=3,
                                                              bias=False),
        case([[0, 1]], channels=4, heads=2, bias=False),
    ])
