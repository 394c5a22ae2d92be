#!/usr/bin/env python3
"""Times premain as and GNU as in turn on one source.

    node scripts/run.mjs bench/as/generate.ts 10000000 big.s
    python3 bench/as/bench.py big.s [ROUNDS]

Prints CPU and wall time of each and the median of the ratios of single rounds;
says whether the objects are the same.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

source = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
tools = {"gnu": ["riscv64-unknown-elf-as"], "ours": [os.path.join(root, "bin/as")]}
folder = tempfile.mkdtemp()


def once(name):
    out = os.path.join(folder, name + ".o")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([*tools[name], "-march=rv64gc", source, "-o", out], check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


times = {name: [] for name in tools}
for _ in range(rounds):
    for name in tools:
        times[name].append(once(name))
for name, runs in times.items():
    cpu = statistics.median(run[0] for run in runs)
    wall = statistics.median(run[1] for run in runs)
    print(f"{name:5} CPU {cpu:.2f} s, wall {wall:.2f} s")
for what, index in (("CPU", 0), ("wall", 1)):
    ratios = [o[index] / g[index] for g, o in zip(times["gnu"], times["ours"])]
    print(f"ours / GNU as, {what}: {statistics.median(ratios):.2f}")
objects = [open(os.path.join(folder, name + ".o"), "rb").read() for name in tools]
print("the objects are the same" if objects[0] == objects[1] else "THE OBJECTS DIFFER")
