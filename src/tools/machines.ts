export {
  EM_386,
  EM_AARCH64,
  EM_ARM,
  EM_MIPS,
  EM_PPC64,
  EM_RISCV,
  EM_S390,
  EM_SPARC,
  EM_SPARCV9,
  EM_X86_64,
} from "../elf/index.ts";

export const EM_IAMCU = 6;
export const EM_PARISC = 15;

/** e_machine to the name that GNU readelf shows: the machines that are still met. */
const machines: ReadonlyMap<number, string> = new Map([
  [0, "None"],
  [2, "Sparc"],
  [3, "Intel 80386"],
  [4, "MC68000"],
  [6, "Intel MCU"],
  [8, "MIPS R3000"],
  [15, "HPPA"],
  [18, "Sparc v8+"],
  [20, "PowerPC"],
  [21, "PowerPC64"],
  [22, "IBM S/390"],
  [40, "ARM"],
  [42, "Renesas / SuperH SH"],
  [43, "Sparc v9"],
  [45, "ARC"],
  [46, "Renesas H8/300"],
  [50, "Intel IA-64"],
  [62, "Advanced Micro Devices X86-64"],
  [70, "Motorola MC68HC11 Microcontroller"],
  [75, "Digital VAX"],
  [76, "Axis Communications 32-bit embedded processor"],
  [83, "Atmel AVR 8-bit microcontroller"],
  [87, "Renesas V850"],
  [88, "Renesas M32R (formerly Mitsubishi M32r)"],
  [92, "OpenRISC 1000"],
  [94, "Tensilica Xtensa Processor"],
  [105, "Texas Instruments msp430 microcontroller"],
  [106, "Analog Devices Blackfin"],
  [113, "Altera Nios II"],
  [144, "TI PRU I/O processor"],
  [164, "QUALCOMM DSP6 Processor"],
  [173, "Renesas RX"],
  [183, "AArch64"],
  [189, "Xilinx MicroBlaze"],
  [190, "NVIDIA CUDA architecture"],
  [197, "Renesas RL78"],
  [220, "Zilog Z80"],
  [224, "AMD GPU"],
  [243, "RISC-V"],
  [247, "Linux BPF"],
  [252, "C-SKY"],
  [258, "LoongArch"],
  [0x9026, "Alpha"],
]);

export function machineName(machine: number): string {
  return machines.get(machine) ?? `<unknown>: 0x${machine.toString(16)}`;
}
