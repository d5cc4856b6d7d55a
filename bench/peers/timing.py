"""Timing for the peers, done as Google Benchmark does it for ours."""

import gc
import json
import statistics
import time


def median_seconds(step, repetitions=5, least=0.2):
    """Median over repetitions of the mean time of step(); each repetition takes `least` seconds."""

    def repeat(count):
        start = time.perf_counter()
        for _ in range(count):
            step()
        return time.perf_counter() - start

    repeat(3)  # makes state, fills caches, starts threads
    count = 1
    while (taken := repeat(count)) < least:
        count = max(count + 1, int(count * min(10, 1.2 * least / max(taken, 1e-9))))
    gc.collect()
    gc.disable()
    try:
        return statistics.median(repeat(count) / count for _ in range(repetitions))
    finally:
        gc.enable()


def report(name, seconds, variant=""):
    print(json.dumps({"name": name, "seconds": seconds, "variant": variant}), flush=True)


def each_thread_count():
    """Sets PyTorch to one thread, then to two; yields what the names of such cases end in."""
    import torch

    for threads in (1, 2):
        torch.set_num_threads(threads)
        yield f"/threads:{threads}"
