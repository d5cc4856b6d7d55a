"""Writes metrics.json: metrics of classes over two batches, by plain loops, and the perplexity by
PyTorch. Run: python make_metrics.py"""
import torch.nn.functional as F

from module_cases import *


def ratio(a, b):
    return a / b if b else 0.0


def expected(batches, classes, ks, ignore):
    """The formulas of scikit-learn's confusion_matrix, precision_recall_fscore_support with
    zero_division=0 and top_k_accuracy_score, over all (scores, target) of the batches."""
    pairs = []
    for scores, target in batches:
        rows = scores.movedim(1, -1).reshape(-1, classes).tolist()
        pairs += [(r, t) for r, t in zip(rows, target.reshape(-1).tolist()) if t != ignore]
    matrix = [[0] * classes for _ in range(classes)]
    right = {k: 0 for k in ks}
    for row, t in pairs:
        # A stable sort: of equal scores the first class comes first.
        order = sorted(range(classes), key=lambda c: -row[c])
        matrix[t][order[0]] += 1
        for k in ks:
            right[k] += t in order[:k]
    n = len(pairs)
    support = [sum(matrix[c]) for c in range(classes)]
    predicted = [sum(row[c] for row in matrix) for c in range(classes)]
    hit = [matrix[c][c] for c in range(classes)]
    of_class = {
        "precision": [ratio(h, p) for h, p in zip(hit, predicted)],
        "recall": [ratio(h, s) for h, s in zip(hit, support)],
        "f1": [ratio(2 * h, p + s) for h, p, s in zip(hit, predicted, support)]}
    there = [c for c in range(classes) if support[c] + predicted[c] > 0]
    averages = {name: {"macro": ratio(sum(v[c] for c in there), len(there)),
                       "weighted": ratio(sum(x * s for x, s in zip(v, support)), n),
                       "micro": ratio(sum(hit), n)} for name, v in of_class.items()}
    loss = sum(F.cross_entropy(s, t, ignore_index=ignore, reduction="sum") for s, t in batches)
    return {"n": n, "matrix": matrix, "of_class": of_class, "averages": averages,
            "top_k": {str(k): ratio(r, n) for k, r in right.items()},
            "perplexity": math.exp(loss / n)}


cases = []
for classes, shapes, ignore in ((3, ((7,), (4,)), -100), (5, ((9,), (6,)), 0),
                                (2, ((8,), (3,)), -100), (6, ((3, 2), (2, 2)), -1),
                                (9, ((5,), (4,)), -100), (4, ((2, 2, 2), (1, 2, 2)), 3),
                                (1, ((3,), (2,)), -100)):
    batches = []
    for shape in shapes:
        # Halves, so that some scores are equal.
        scores = (rand(shape[0], classes, *shape[1:]) * 2).round() / 2
        target = torch.randint(0, classes, shape)
        if ignore != -100:
            target.view(-1)[::3] = ignore
        batches.append((scores, target))
    ks = [k for k in (1, 2, 3, 5) if k <= classes]
    cases.append({"classes": classes, "ignore_index": ignore,
                  "batches": [[stored(s), stored(t)] for s, t in batches],
                  "expected": expected(batches, classes, ks, ignore)})
path = pathlib.Path(__file__).with_name("metrics.json")
path.write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")
