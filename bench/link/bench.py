#!/usr/bin/env python3
"""Measures our linker against the others, on the jobs that shared/links makes.

    bench.py JOBS [--rounds N] [--json FILE] [--linkers ours,gnu,lld,mold] [JOB...]

JOBS holds a folder for each job: `args` (the link line), `bfd` (the GNU ld that
does it) and perhaps `check` (a script that tries the output). Each round runs
every linker once, in turn, so that a change in the machine's load meets all of
them; ratios are medians over the ratios of one round. CPU is user+system time of
the linker and its children, ours with one thread; wall time and memory are ours
with the threads that it takes by itself, two for a large link. Every linker's last output is tried with `check`.

Python, because Node cannot ask for a child's processor time and peak memory.
The table is Markdown, for bench/README.md.
"""
import argparse, glob, json, os, platform, shutil, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ORDER = ['picolibc-rv32', 'picolibc-rv64', 'xv6', 'c-x86', 'c-rv64', 'cxx-x86', 'cxx-rv64', 'rust-x86',
         'synth-100', 'synth-1k', 'synth-rv64-1k', 'llvm', 'llvm-gc', 'synth-10k']


def linkers_for(bfd):
    """LLD 14 cannot relax RISC-V; a newer one comes with rustup."""
    lld = 'ld.lld'
    if 'riscv' in bfd:
        found = glob.glob(os.path.expanduser('~/.rustup/toolchains/stable*/lib/rustlib/*/bin/rust-lld'))
        lld = found[0] + ' -flavor gnu' if found else 'ld.lld'
    return {
        'ours': os.path.join(ROOT, 'bin/ld') + ' --threads=1',
        'ours-2t': os.path.join(ROOT, 'bin/ld'),
        'gnu': bfd,
        'lld': lld + ' --threads=1',
        'lld-2t': lld + ' --threads=2',
        'mold': 'mold --no-fork --thread-count=1',
        'mold-2t': 'mold --no-fork --thread-count=2',
        'node': 'node -e 0',
    }


def run(command, out, quiet):
    """CPU seconds, wall seconds, peak megabytes; None when it fails."""
    words = command.split()
    path = shutil.which(words[0])
    if path is None:
        return None
    if os.path.exists(out):
        os.unlink(out)
    start = time.perf_counter()
    pid = os.posix_spawn(path, words, os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)])
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status or not (os.path.exists(out) or words[0] == 'node'):
        return None
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024


def measure(folder, names, rounds, out, quiet):
    commands = linkers_for(open(os.path.join(folder, 'bfd')).read().strip())
    got, checks = {name: [] for name in names}, {}
    for turn in range(rounds + 1):
        for name in list(got):
            line = commands[name] + ('' if name == 'node' else f' @{folder}/args -o {out}')
            result = run(line, out, quiet)
            if result is None:
                del got[name]
                continue
            if turn:  # the first round only warms the caches
                got[name].append(result)
            check = os.path.join(folder, 'check')
            if turn == rounds and name != 'node' and os.path.exists(check):
                tried = subprocess.run(['sh', check, out], stdout=quiet, stderr=quiet, stdin=subprocess.DEVNULL)
                checks[name] = tried.returncode == 0
    return got, checks


def main():
    p = argparse.ArgumentParser()
    p.add_argument('folder')
    p.add_argument('jobs', nargs='*')
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--json')
    p.add_argument('--linkers', default='ours,ours-2t,gnu,lld,mold,node')
    o = p.parse_intermixed_args()
    names = o.linkers.split(',')
    present = [d for d in os.listdir(o.folder) if os.path.exists(os.path.join(o.folder, d, 'args'))]
    jobs = o.jobs or sorted(present, key=lambda d: (ORDER.index(d) if d in ORDER else 99, d))
    quiet = os.open('/dev/null', os.O_RDWR)
    # Node reads these certificates at each start; bin/ld spares itself that, so an empty Node should not be charged for it.
    os.environ.pop('NODE_EXTRA_CA_CERTS', None)
    work = tempfile.mkdtemp(prefix='premain-bench-')
    results, wrong = {}, []
    others = [n for n in names if n not in ('ours', 'ours-2t', 'node')]
    head = ['job', 'ours CPU ms', 'wall', 'peak MB'] + [f'{n} CPU ms' for n in others] + [f'ours / {n}' for n in others]
    if 'node' in names:
        head.append('beyond empty Node')
    print('| ' + ' | '.join(head) + ' | wall / gnu | memory / gnu |')
    print('|' + ' --- |' * (len(head) + 2), flush=True)
    for job in jobs:
        got, checks = measure(os.path.join(o.folder, job), names, o.rounds, os.path.join(work, 'out'), quiet)
        results[job] = got
        wrong += [f'{job}: the output of {n} fails its check' for n, ok in checks.items() if not ok]
        ms = lambda n: f'{statistics.median(r[0] for r in got[n]) * 1e3:.0f}' if n in got else 'fails'
        ratio = lambda n, i, own='ours': (f'{statistics.median(a[i] / b[i] for a, b in zip(got[own], got[n])):.2f}'
                                          if n in got and own in got else '–')
        threads = 'ours-2t' if 'ours-2t' in names else 'ours'
        row = [job]
        if 'ours' in got:
            row += [ms('ours')] + [f'{statistics.median(r[i] for r in got.get(threads, got["ours"])) * k:.0f}'
                                   for i, k in ((1, 1e3), (2, 1))]
        else:
            row += ['fails', '–', '–']
        row += [ms(n) for n in others] + [ratio(n, 0) for n in others]
        if 'node' in names:
            row.append(f'{statistics.median(a[0] - b[0] for a, b in zip(got["ours"], got["node"])) * 1e3:.0f} ms'
                       if 'ours' in got else '–')
        row += [ratio('gnu', 1, threads), ratio('gnu', 2, threads)]
        print('| ' + ' | '.join(row) + ' |', flush=True)
    shutil.rmtree(work)
    print(f'\n{o.rounds} rounds on {os.cpu_count()} processors, {platform.system()}, load {os.getloadavg()[0]:.1f}; '
          f'Node {subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()}')
    for line in wrong:
        print(line)
    if o.json:
        json.dump(results, open(o.json, 'w'))
    sys.exit(1 if wrong else 0)


main()
