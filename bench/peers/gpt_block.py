"""A block of a GPT, forward and backward: 8 sequences of 128 tokens, 128 channels, 4 heads, causal,
float32, with PyTorch's fused attention."""

import torch
import torch.nn.functional as F
from timing import each_thread_count, median_seconds, report
from torch import nn

B, T, C, HEADS = 8, 128, 128, 4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.c_fc, self.back = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def attend(self, x):
        q, k, v = (
            part.view(B, T, HEADS, C // HEADS).transpose(1, 2)
            for part in self.c_attn(x).split(C, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))

    def forward(self, x):
        x = x + self.attend(self.ln_1(x))
        return x + self.back(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


x, seed = torch.randn(B, T, C, requires_grad=True), torch.randn(B, T, C)
for threads in each_thread_count():
    block = Block()

    def step():
        block.zero_grad()
        x.grad = None
        block(x).backward(seed)

    report(f"gpt_block{threads}", median_seconds(step))
