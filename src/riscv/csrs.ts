// Control and status registers: numbers, names, and the versions of the
// privileged specification that have them.

/** Versions of the privileged specification, oldest first. */
export const privilegedSpecs = ["1.9.1", "1.10", "1.11", "1.12"] as const;
export type PrivilegedSpec = (typeof privilegedSpecs)[number];

/** A control and status register. */
export interface Csr {
  readonly name: string;
  readonly number: number;
  /** The first version that has it; undefined where an extension defines it whatever the version. */
  readonly since?: PrivilegedSpec;
  /** The first version that has it no more. */
  readonly until?: PrivilegedSpec;
  /** The extensions that it needs, as rows of the table say it. */
  readonly needs: string;
  /** Only on 32-bit machines, where it is the upper half of another. */
  readonly rv32: boolean;
  /** Another name of a register that has its own. */
  readonly alias: boolean;
  readonly words: string;
}

/**
 * A line: number, name, versions (A: 1.9.1, B: 1.10, C: 1.11, D: 1.12, -: an
 * extension's; two letters: since, until), what it needs, words. `h` after the
 * number: 32-bit machines only; `=`: another name. `{3-31}` stands for a run.
 */
const lines = `
c00 cycle A Zicsr cycles since some time
c01 time A Zicsr wall-clock time in ticks
c02 instret A Zicsr instructions retired
c03 hpmcounter{3-31} A Zicsr performance counter
c80h cycleh A Zicsr upper half of cycle
c81h timeh A Zicsr upper half of time
c82h instreth A Zicsr upper half of instret
c83h hpmcounter{3-31}h A Zicsr upper half of a performance counter
100 sstatus A Zicsr supervisor status
104 sie A Zicsr supervisor interrupt enable
105 stvec A Zicsr supervisor trap vector
106 scounteren B Zicsr counters that user mode may read
10a senvcfg D Zicsr supervisor environment configuration
140 sscratch A Zicsr scratch for supervisor trap handlers
141 sepc A Zicsr address that the supervisor trap came from
142 scause A Zicsr cause of the supervisor trap
143 stval B Zicsr bad address or instruction of the supervisor trap
144 sip A Zicsr supervisor interrupts pending
180 satp B Zicsr root page table and translation mode
f11 mvendorid A Zicsr vendor
f12 marchid A Zicsr architecture
f13 mimpid A Zicsr implementation
f14 mhartid A Zicsr number of the hart
f15 mconfigptr D Zicsr address of the configuration structure
300 mstatus A Zicsr machine status
301 misa A Zicsr width and extensions
302 medeleg A Zicsr exceptions delegated to supervisor mode
303 mideleg A Zicsr interrupts delegated to supervisor mode
304 mie A Zicsr machine interrupt enable
305 mtvec A Zicsr machine trap vector
306 mcounteren B Zicsr counters that lower modes may read
310h mstatush D Zicsr upper half of mstatus
340 mscratch A Zicsr scratch for machine trap handlers
341 mepc A Zicsr address that the machine trap came from
342 mcause A Zicsr cause of the machine trap
343 mtval B Zicsr bad address or instruction of the machine trap
344 mip A Zicsr machine interrupts pending
34a mtinst D Zicsr trapped instruction
34b mtval2 D Zicsr second trap value
30a menvcfg D Zicsr machine environment configuration
31ah menvcfgh D Zicsr upper half of menvcfg
747 mseccfg D Zicsr machine security configuration
757h mseccfgh D Zicsr upper half of mseccfg
3a0 pmpcfg0 B Zicsr physical memory protection: configuration
3a1h pmpcfg1 B Zicsr physical memory protection: configuration
3a2 pmpcfg2 B Zicsr physical memory protection: configuration
3a3h pmpcfg3 B Zicsr physical memory protection: configuration
3a4 pmpcfg{4-15} D Zicsr physical memory protection: configuration
3b0 pmpaddr{0-15} B Zicsr physical memory protection: address
3c0 pmpaddr{16-63} D Zicsr physical memory protection: address
b00 mcycle A Zicsr machine cycle counter
b02 minstret A Zicsr machine counter of retired instructions
b03 mhpmcounter{3-31} A Zicsr machine performance counter
b80h mcycleh A Zicsr upper half of mcycle
b82h minstreth A Zicsr upper half of minstret
b83h mhpmcounter{3-31}h A Zicsr upper half of a performance counter
320 mcountinhibit C Zicsr counters that stand still
323 mhpmevent{3-31} A Zicsr what a performance counter counts
600 hstatus - H hypervisor status
602 hedeleg - H exceptions delegated to the guest
603 hideleg - H interrupts delegated to the guest
604 hie - H hypervisor interrupt enable
606 hcounteren - H counters that the guest may read
607 hgeie - H guest external interrupt enable
643 htval - H bad guest physical address
644 hip - H hypervisor interrupts pending
645 hvip - H virtual interrupts pending
64a htinst - H trapped instruction
e12 hgeip - H guest external interrupts pending
60a henvcfg - H hypervisor environment configuration
61ah henvcfgh - H upper half of henvcfg
680 hgatp - H guest physical address translation
605 htimedelta - H difference to the guest's time
615h htimedeltah - H upper half of htimedelta
200 vsstatus - H guest supervisor status
204 vsie - H guest supervisor interrupt enable
205 vstvec - H guest supervisor trap vector
240 vsscratch - H guest supervisor scratch
241 vsepc - H address that the guest's trap came from
242 vscause - H cause of the guest's trap
243 vstval - H bad address or instruction of the guest's trap
244 vsip - H guest supervisor interrupts pending
280 vsatp - H guest root page table and translation mode
350 miselect - Smaia machine indirect register select
351 mireg - Smaia machine indirect register
35c mtopei - Smaia machine top external interrupt
fb0 mtopi - Smaia machine top interrupt
308 mvien - Smaia machine virtual interrupt enable
309 mvip - Smaia machine virtual interrupts pending
313h midelegh - Smaia upper half of mideleg
314h mieh - Smaia upper half of mie
318h mvienh - Smaia upper half of mvien
319h mviph - Smaia upper half of mvip
354h miph - Smaia upper half of mip
30c mstateen{0-3} - Smstateen machine state enable
10c sstateen{0-3} - Ssstateen supervisor state enable
60c hstateen{0-3} - Ssstateen&H hypervisor state enable
31ch mstateen{0-3}h - Smstateen upper half of machine state enable
61ch hstateen{0-3}h - Ssstateen&H upper half of hypervisor state enable
150 siselect - Ssaia supervisor indirect register select
151 sireg - Ssaia supervisor indirect register
15c stopei - Ssaia supervisor top external interrupt
db0 stopi - Ssaia supervisor top interrupt
114h sieh - Ssaia upper half of sie
154h siph - Ssaia upper half of sip
608 hvien - Ssaia&H hypervisor virtual interrupt enable
609 hvictl - Ssaia&H hypervisor virtual interrupt control
646 hviprio1 - Ssaia&H hypervisor virtual interrupt priorities
647 hviprio2 - Ssaia&H hypervisor virtual interrupt priorities
250 vsiselect - Ssaia&H guest indirect register select
251 vsireg - Ssaia&H guest indirect register
25c vstopei - Ssaia&H guest top external interrupt
eb0 vstopi - Ssaia&H guest top interrupt
613h hidelegh - Ssaia&H upper half of hideleg
618h hvienh - Ssaia&H upper half of hvien
655h hviph - Ssaia&H upper half of hvip
656h hviprio1h - Ssaia&H upper half of hviprio1
657h hviprio2h - Ssaia&H upper half of hviprio2
214h vsieh - Ssaia&H upper half of vsie
254h vsiph - Ssaia&H upper half of vsip
da0 scountovf - Sscofpmf counters that have overflowed
723h mhpmevent{3-31}h - Sscofpmf upper half of a performance event
14d stimecmp - Sstc time of the supervisor timer interrupt
15dh stimecmph - Sstc upper half of stimecmp
24d vstimecmp - Sstc&H time of the guest's timer interrupt
25dh vstimecmph - Sstc&H upper half of vstimecmp
380 mbase AB Zicsr base register
381 mbound AB Zicsr bound register
382 mibase AB Zicsr instruction base register
383 mibound AB Zicsr instruction bound register
384 mdbase AB Zicsr data base register
385 mdbound AB Zicsr data bound register
321 mscounteren AB Zicsr counters that user mode may read
322 mhcounteren AB Zicsr counters that supervisor mode may read
000 ustatus AD Zicsr user status
004 uie AD Zicsr user interrupt enable
005 utvec AD Zicsr user trap vector
040 uscratch AD Zicsr scratch for user trap handlers
041 uepc AD Zicsr address that the user trap came from
042 ucause AD Zicsr cause of the user trap
043 utval BD Zicsr bad address or instruction of the user trap
044 uip AD Zicsr user interrupts pending
102 sedeleg AD Zicsr exceptions delegated to user mode
103 sideleg AD Zicsr interrupts delegated to user mode
001 fflags - F floating-point exception flags
002 frm - F rounding mode
003 fcsr - F flags and rounding mode
7b0 dcsr - Debug debug control and status
7b1 dpc - Debug address to leave debug mode to
7b2 dscratch0 - Debug debug scratch
7b3 dscratch1 - Debug debug scratch
7a0 tselect - Debug trigger select
7a1 tdata1 - Debug trigger data
7a2 tdata2 - Debug trigger data
7a3 tdata3 - Debug trigger data
7a4 tinfo - Debug what the trigger can do
7a5 tcontrol - Debug trigger control
6a8 hcontext - Debug hypervisor context for triggers
5a8 scontext - Debug supervisor context for triggers
7a8 mcontext - Debug machine context for triggers
7aa mscontext - Debug machine supervisor context for triggers
015 seed - Zkr entropy
008 vstart - V vector start
009 vxsat - V vector saturation flag
00a vxrm - V vector rounding mode
00f vcsr - V vector control and status
c20 vl - V vector length
c21 vtype - V vector type
c22 vlenb - V bytes in a vector register
017 jvt - Zcmt address of the jump table
043= ubadaddr AB Zicsr utval
143= sbadaddr AB Zicsr stval
180= sptbr AB Zicsr satp
343= mbadaddr AB Zicsr mtval
320= mucounteren AB Zicsr counters that user mode may read
7b2= dscratch - Debug dscratch0
7a1= mcontrol - Debug tdata1
7a1= mcontrol6 - Debug tdata1
7a1= icount - Debug tdata1
7a1= itrigger - Debug tdata1
7a1= etrigger - Debug tdata1
7a1= tmexttrigger - Debug tdata1
7a3= textra32 - Debug tdata3
7a3= textra64 - Debug tdata3`;

let all: readonly Csr[] | undefined;

/** Every register and every other name of one. */
export function csrs(): readonly Csr[] {
  if (all) return all;
  const made: Csr[] = [];
  const spec = (letter: string | undefined): PrivilegedSpec | undefined =>
    letter === undefined ? undefined : privilegedSpecs["ABCD".indexOf(letter)];
  for (const line of lines.trim().split("\n")) {
    const [place, name, versions, needs, ...words] = line.split(" ");
    const first = Number.parseInt(place.slice(0, 3), 16);
    const run = /^(.*)\{(\d+)-(\d+)\}(.*)$/.exec(name);
    const from = run ? Number(run[2]) : 0;
    const to = run ? Number(run[3]) : 0;
    for (let i = from; i <= to; i++) {
      const number = first + i - from;
      // On 64-bit machines the odd ones of pmpcfg do not exist.
      const odd = run?.[1] === "pmpcfg" && i % 2 === 1;
      made.push({
        name: run ? `${run[1]}${i}${run[4]}` : name,
        number,
        since: versions === "-" ? undefined : spec(versions[0]),
        until: spec(versions[1]),
        needs,
        rv32: place[3] === "h" || odd,
        alias: place[3] === "=",
        words: words.join(" "),
      });
    }
  }
  all = made;
  return made;
}

/** Whether a version of the privileged specification has a register. */
export function csrInSpec(csr: Csr, spec: PrivilegedSpec): boolean {
  if (csr.since === undefined) return true;
  const at = privilegedSpecs.indexOf(spec);
  if (at < privilegedSpecs.indexOf(csr.since)) return false;
  return csr.until === undefined || at < privilegedSpecs.indexOf(csr.until);
}

const names = new Map<PrivilegedSpec, ReadonlyMap<number, Csr>>();

/** The register with a number in a version of the specification, by its first name. */
export function csrNumbered(number: number, spec: PrivilegedSpec = "1.12"): Csr | undefined {
  let map = names.get(spec);
  if (!map) {
    const made = new Map<number, Csr>();
    for (const csr of csrs()) {
      if (!made.has(csr.number) && csrInSpec(csr, spec)) made.set(csr.number, csr);
    }
    map = made;
    names.set(spec, map);
  }
  return map.get(number);
}

let byName: Map<string, Csr> | undefined;

/** The register with a name, in whatever version. */
export function csrNamed(name: string): Csr | undefined {
  byName ??= new Map(csrs().map((csr) => [csr.name, csr]));
  return byName.get(name);
}
