"""Writes multihead_attention.json and multihead_attention_masks.json: torch.nn.MultiheadAttention.
Run: python make_multihead_attention.py"""
from torch.nn.attention import SDPBackend, sdpa_kernel

from module_cases import *

L, S, N, E, H = 2, 3, 2, 4, 2
inf = math.inf
some = torch.tensor([[False, True, False], [True, False, False]])
added = torch.tensor([[0.0, -inf, 0.5], [-0.7, 0.0, 1.2]])
padded = torch.tensor([[False, False, True], [True, False, False]])
square = torch.tensor([[False, True, True], [False, False, True], [False, False, False]])


def case(inputs, padding=None, attn=None, *, train=True, is_causal=False, need_weights=True,
         average_attn_weights=True, **options):
    """inputs: one tensor for attention to itself, or query, key and value."""
    cross = len(inputs) == 3
    call = dict(need_weights=need_weights, average_attn_weights=average_attn_weights)

    def run(m, q, k, v, p, a):
        if is_causal:  # PyTorch wants the mask beside the hint
            a = torch.ones(q.shape[-2 if m.batch_first or q.dim() == 2 else 0],
                           (k if cross else q).shape[-2 if m.batch_first or q.dim() == 2 else 0],
                           dtype=torch.bool).triu(1)
        with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
            y, w = m(q, k if cross else q, v if cross else q, key_padding_mask=p, attn_mask=a,
                     **call)
        return [y] if w is None else [y, w]

    module = torch.nn.MultiheadAttention(E, options.pop("heads", H), **options)
    args = dict(num_heads=module.num_heads, dropout=0.0, bias=True, add_bias_kv=False,
                add_zero_attn=False, kdim=E, vdim=E, batch_first=False)
    args |= options | call | dict(is_causal=is_causal)
    q, k, v = inputs if cross else (inputs[0], None, None)
    return module_case(module, [q, k, v, padding, attn], args, call=run, train=train)


x, q, k, v = rand(S, N, E), rand(L, N, E), rand(S, N, E), rand(S, N, E)
write("multihead_attention", [
    case([x], need_weights=False),
    case([x]),
    case([x], average_attn_weights=False, heads=4),
    case([x], need_weights=False, heads=1, bias=False),
    case([rand(N, S, E)], need_weights=False, batch_first=True),
    case([q, k, v]),
    case([q, k, v], need_weights=False),
    case([q, rand(S, N, 3), rand(S, N, 2)], kdim=3, vdim=2, bias=False),
    case([x], need_weights=False, is_causal=True),
    case([q, k, v], is_causal=True),
    case([rand(S, E)]),
    case([rand(1, N, E)], need_weights=False),
    case([rand(S, 0, E)], need_weights=False),
    case([x], dropout=0.5, train=False, need_weights=False),
])
write("multihead_attention_masks", [
    case([rand(N, S, E)], padded, batch_first=True),
    case([q, rand(S, N, 3), v], padded, some, kdim=3, need_weights=False),
    case([q, k, v], attn=some, need_weights=False),
    case([q, k, v], attn=added, need_weights=False),
    case([q, k, v], padded, added),
    case([q, k, v], rand(N, S), some, need_weights=False),
    case([q, k, v], attn=torch.stack([some, some.flip(0), some.flip(1), some]),
         need_weights=False),
    case([q, k, v], attn=rand(N * H, L, S), average_attn_weights=False),
    case([x], padded, square, need_weights=False),
    case([x], padded, add_bias_kv=True, is_causal=True),
    case([q, k, v], padded, some, add_bias_kv=True, add_zero_attn=True, need_weights=False),
    case([q, k, v], attn=added, add_zero_attn=True, bias=False),
    case([rand(L, E), rand(S, E), rand(S, E)], padded[0], some, average_attn_weights=False),
    case([rand(L, E), rand(S, E), rand(S, E)], attn=torch.stack([some, some.flip(1)]),
         need_weights=False, batch_first=True),
])
