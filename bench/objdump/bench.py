#!/usr/bin/env python3
"""Times premain's objdump and readelf and GNU's in turn on one RISC-V file.

    node scripts/run.mjs bench/as/generate.ts 56000000 big.s
    riscv64-linux-gnu-as -march=rv64gc big.s -o big.o
    bin/ld -m elf64lriscv -X --unresolved-symbols=ignore-all big.o -o big
    python3 bench/objdump/bench.py big [ROUNDS] [-- TOOL OPTION...]

Without a command, `objdump -d`. Prints user CPU and wall time of each and the
median of the ratios of single rounds; says whether the outputs are the same.
"""
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import time

args = sys.argv[1:]
command = ["objdump", "-d"]
if "--" in args:
    at = args.index("--")
    args, command = args[:at], args[at + 1 :]
file = args[0]
rounds = int(args[1]) if len(args) > 1 else 5
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
tools = {"gnu": "riscv64-unknown-elf-" + command[0], "ours": os.path.join(root, "bin", command[0])}


def once(name):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([tools[name], *command[1:], file], check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - start
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime, wall


def digest(name):
    run = subprocess.Popen([tools[name], *command[1:], file], stdout=subprocess.PIPE)
    found = hashlib.sha256()
    for block in iter(lambda: run.stdout.read(1 << 20), b""):
        found.update(block)
    run.wait()
    return found.digest()


times = {name: [] for name in tools}
for _ in range(rounds):
    for name in tools:
        times[name].append(once(name))
for name, runs in times.items():
    cpu = statistics.median(run[0] for run in runs)
    wall = statistics.median(run[1] for run in runs)
    print(f"{name:5} user CPU {cpu:.2f} s, wall {wall:.2f} s")
for what, index in (("user CPU", 0), ("wall", 1)):
    ratios = [o[index] / g[index] for g, o in zip(times["gnu"], times["ours"])]
    print(f"ours / GNU {command[0]}, {what}: {statistics.median(ratios):.2f}")
print("the outputs are the same" if digest("gnu") == digest("ours") else "THE OUTPUTS DIFFER")
