"""The training examples' steps on their real data: batch, forward, loss and its value, gradients,
optimizer. Batches are rows of tensors in memory, taken by index, which is faster than a DataLoader
that calls Python for each sample."""

import gzip
import os
import re
from pathlib import Path

import torch
import torch.nn.functional as F
from timing import each_thread_count, median_seconds, report
from torch import nn

DATA = Path(os.environ.get("GRADUS_DATA", "../shared/data"))
FORMS = {"foreach": {"foreach": True}, "fused": {"fused": True}}


def mnist():
    def read(name, skip):
        file = DATA / "mnist" / name
        return torch.frombuffer(bytearray(gzip.decompress(file.read_bytes())[skip:]),
                                dtype=torch.uint8)

    images = read("train-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28).float() / 255
    return images, read("train-labels-idx1-ubyte.gz", 8).long()


def encoded(text):
    """The characters as numbers, and how many there are of them."""
    known = sorted(set(text))
    return torch.tensor([known.index(c) for c in text]), len(known)


def shuffled(x, y, batch):
    while True:
        order = torch.randperm(len(x))
        for rows in order.split(batch):
            yield x[rows], y[rows]


def stretches(tokens, batch, steps):
    """Rows that go on where those of the batch before ended, steps first."""
    length = (len(tokens) - 1) // batch
    x = tokens[: batch * length].view(batch, length).T
    y = tokens[1 : batch * length + 1].view(batch, length).T
    while True:
        for i in range(0, length - steps + 1, steps):
            yield x[i : i + steps], y[i : i + steps]


def pieces(tokens, batch, context):
    windows = tokens.unfold(0, context + 1, 1)
    while True:
        got = windows[torch.randint(len(windows), (batch,))]
        yield got[:, :-1], got[:, 1:]


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


class CharRNN(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.rnn, self.head = nn.LSTM(vocab, 256), nn.Linear(256, vocab)
        self.register_buffer("one_hot", torch.eye(vocab))
        self.state = None

    def forward(self, tokens):
        y, state = self.rnn(self.one_hot[tokens], self.state)
        self.state = tuple(part.detach() for part in state)
        return self.head(y)


class Block(nn.Module):
    def __init__(self, channels=128, heads=4):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.c_attn, self.c_proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.c_fc, self.back = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def attend(self, x):
        b, t, c = x.shape
        q, k, v = (part.view(b, t, self.heads, c // self.heads).transpose(1, 2)
                   for part in self.c_attn(x).split(c, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(b, t, c))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.back(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, vocab, context=64, layers=4, channels=128):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, channels), nn.Embedding(context, channels)
        self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
        self.ln_f = nn.LayerNorm(channels)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        return F.linear(self.ln_f(self.blocks(x)), self.wte.weight)


def step_of(net, batches, optimizer, clip):
    def step():
        x, y = next(batches)
        logits = net(x)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(net.parameters(), 1)
        optimizer.step()
        loss.item()

    return step


images = mnist()
novel = re.sub("[^a-z]+", " ", (DATA / "timemachine/timemachine.txt").read_text().lower()).strip()
words, letters = encoded(novel)
plays, signs = encoded((DATA / "tinyshakespeare/input.txt").read_text())
EXAMPLES = {
    "mlp": (mlp, lambda: shuffled(*images, 128), torch.optim.Adam, 1e-3, False),
    "lenet": (lenet, lambda: shuffled(*images, 256), torch.optim.SGD, 0.1, False),
    "char_rnn": (lambda: CharRNN(letters), lambda: stretches(words[:10001], 32, 35),
                 torch.optim.SGD, 1, True),
    "gpt": (lambda: GPT(signs), lambda: pieces(plays, 16, 64), torch.optim.AdamW, 1e-3, True),
}
for threads in each_thread_count():
    for name, (model, batches, rule, lr, clip) in EXAMPLES.items():
        for form, options in FORMS.items():
            net = model()
            optimizer = rule(net.parameters(), lr=lr, **options)
            report(f"examples_step/{name}{threads}",
                   median_seconds(step_of(net, batches(), optimizer, clip)), form)
