#!/usr/bin/env python3
"""Times programs under our machine and under QEMU's user mode, in turn.

  bench/machine/bench.py --kernels FOLDER --embench FOLDER [--rounds N] [--only REGEX] [--xlen 32,64] [--table]

--kernels  a folder with build.sh, which builds NAME.32 and NAME.64 into the folder it is given
--embench  a checkout of embench-iot, or a bare repository of it
--run      the command that runs a program; bin/premain run if not given

A ratio is our least time by QEMU's least time, of whole processes; below 1 we
are faster. Needs qemu-user and riscv64-unknown-elf-gcc with picolibc.
"""
import argparse, math, os, re, resource, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
# About half a second of native time each.
KERNELS = {"coremark": 30000, "dhry": 15000000, "matmul": 6000, "sha256": 2500000, "sha512": 1500000,
           "qsort": 2500, "nbody": 1500000, "mandel": 15000}
FLOATS = {"nbody", "mandel", "xgboost", "wikisort-float"}

parser = argparse.ArgumentParser()
parser.add_argument("--kernels")
parser.add_argument("--embench")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--only", default=".")
parser.add_argument("--xlen", default="32,64")
parser.add_argument("--scale", type=int, default=300, help="Embench's GLOBAL_SCALE_FACTOR")
parser.add_argument("--short", type=float, default=1, help="divides the kernels' counts")
parser.add_argument("--run", default=os.path.join(root, "bin/premain") + " run --machine linux")
parser.add_argument("--table", action="store_true", help="print Markdown")
options = parser.parse_args()
work = tempfile.mkdtemp(prefix="bench-machine-")


def shell(command):
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command}\n{result.stderr}")


def embench_programs(xlen):
    source = options.embench
    if not os.path.isdir(os.path.join(source, "src")):
        folder = os.path.join(work, "embench")
        if not os.path.isdir(folder):
            os.mkdir(folder)
            shell(f"git --git-dir='{source}' archive HEAD | tar x -C '{folder}'")
        source = folder
    march = "-march=rv32imac -mabi=ilp32" if xlen == 32 else "-march=rv64gc -mabi=lp64d"
    for name in sorted(os.listdir(f"{source}/src")):
        if not re.search(options.only, name):
            continue
        output = f"{work}/{name}.{xlen}"
        gcc = f"riscv64-unknown-elf-gcc {march}"
        library = f"/usr/lib/picolibc/riscv64-unknown-elf/lib/$({gcc} -print-multi-directory)"
        sources = f"{here}/start.c {source}/support/main.c {source}/support/beebsc.c {source}/src/{name}/*.c"
        # Compiled one by one with picolibc's headers, linked as for Linux.
        command = (f"d=$(mktemp -d); for f in {sources}; do {gcc} --specs=picolibc.specs -O2 -w "
                   f"-DGLOBAL_SCALE_FACTOR={options.scale} -DWARMUP_HEAT=1 -I{source}/support -c $f "
                   f"-o $d/$(basename $f).o || exit 1; done; {gcc} -nostdlib -nostartfiles -static -Wl,-Ttext-segment=0x100000 "
                   f"-Wl,--defsym=__heap_end=__heap_start+0x100000 "
                   f"$d/*.o -L{library} -lm -lc -lgcc -o {output}")
        result = subprocess.run(command, shell=True, capture_output=True, text=True)
        if result.returncode != 0:
            print(f"{name}.{xlen}: not built: {result.stderr.strip().splitlines()[0] if result.stderr else ''}")
            continue
        yield name, [output]


def kernel_programs(xlen):
    folder = f"{work}/kernels"
    if not os.path.isdir(folder):
        shell(f"sh {options.kernels}/build.sh {folder}")
    for name, count in KERNELS.items():
        if re.search(options.only, name):
            yield name, [f"{folder}/{name}.{xlen}", str(int(count / options.short))]


def run(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    result = subprocess.run(command, capture_output=True, timeout=600)
    elapsed = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return elapsed, cpu, (result.returncode, result.stdout)


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


failed = False
if options.table:
    print("| program | QEMU s | ours s | ratio | ratio of processor time |\n| --- | --- | --- | --- | --- |")
for xlen in map(int, options.xlen.split(",")):
    ratios, cpus, floats = [], [], []
    programs = []
    if options.kernels:
        programs += kernel_programs(xlen)
    if options.embench:
        programs += embench_programs(xlen)
    for name, command in programs:
        theirs, ours = [], []
        for _ in range(options.rounds):
            theirs.append(run([f"qemu-riscv{xlen}", *command]))
            ours.append(run([*options.run.split(), *command]))
        if ours[0][2] != theirs[0][2]:
            print(f"{name}.{xlen}: {ours[0][2]} is not {theirs[0][2]}")
            failed = True
            continue
        t, o = min(x[0] for x in theirs), min(x[0] for x in ours)
        tc, oc = min(x[1] for x in theirs), min(x[1] for x in ours)
        if name in FLOATS:
            floats.append(o / t)
        else:
            ratios.append(o / t)
            cpus.append(oc / tc)
        form = "| {}.{} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |" if options.table else "{}.{}: QEMU {:.2f} s, ours {:.2f} s, ratio {:.2f}, of processor time {:.2f}"
        print(form.format(name, xlen, t, o, o / t, oc / tc), flush=True)
    line = f"rv{xlen}: geometric mean {mean(ratios):.2f} (processor time {mean(cpus):.2f}), worst {max(ratios, default=0):.2f}"
    if floats:
        line += f"; floating point {mean(floats):.2f}"
    print(f"| {line} | | | | |" if options.table else line, flush=True)
sys.exit(1 if failed else 0)
