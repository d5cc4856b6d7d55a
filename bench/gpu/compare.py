"""compare.py OURS THEIRS: both benchmarks' JSON as one table, theirs in its fastest variant."""

import json
import sys

ours, theirs = (json.load(open(name)) for name in sys.argv[1:3])
best = {}
for case in theirs["cases"]:
    if case["name"] not in best or case["seconds"] < best[case["name"]]["seconds"]:
        best[case["name"]] = case
print(f"{ours.get('card', ours['device'])}; PyTorch {theirs['torch']}")
print(f"{'case':18}{'ours':>12}{'% of copy':>11}{'TFLOP/s':>9}{'PyTorch':>12}{'PyTorch/ours':>14}")
for case in ours["cases"]:
    if "error" in case:
        print(f"{case['name']:18}{case['error']}")
        continue
    peer = best.get(case["name"])
    percent = f"{case['percent_of_copy']:.0f}" if "percent_of_copy" in case else ""
    flops = f"{case['teraflops']:.1f}" if "teraflops" in case else ""
    line = f"{case['name']:18}{1e6 * case['seconds']:>9.1f} us{percent:>11}{flops:>9}"
    if peer:
        line += f"{1e6 * peer['seconds']:>9.1f} us{peer['seconds'] / case['seconds']:>14.2f}"
        line += f" {peer['variant']}"
    print(line)
