// Writes an assembly source as GCC writes them, of about as many bytes as asked
// for: functions with frames, loops, calls, addresses, jump tables, strings.
//
//   node scripts/run.mjs bench/as/generate.ts BYTES > file.s
import { writeFileSync } from "node:fs";

/** A small generator of numbers, the same each time. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return (this.state >>> 8) % limit;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

const SAVED = ["s1", "s2", "s3", "s4", "s5"];
const ANY = ["a0", "a1", "a2", "a3", "a4", "a5", "t0", "t1", "s1", "s2"];

export function generate(bytes: number): string {
  const random = new Random(1);
  const parts = ['\t.file\t"generated.c"\n\t.option nopic\n\t.text\n'];
  let size = parts[0].length;
  for (let n = 0; size < bytes; n++) {
    const text = functionText(random, n);
    parts.push(text);
    size += text.length;
  }
  return parts.join("");
}

function functionText(random: Random, n: number): string {
  const lines: string[] = [];
  const put = (line: string) => lines.push(`\t${line}`);
  const label = (k: number) => `.L${n * 40 + k}`;
  if (random.below(3) === 0) {
    put('.section\t.rodata.str1.8,"aMS",@progbits,1');
    put(".align\t3");
    lines.push(`${label(0)}:`);
    put(`.string\t"message number ${n}: %d %s\\n"`);
    put(".text");
  }
  put(".align\t1");
  put(`.globl\tfunction_${n}`);
  put(`.type\tfunction_${n}, @function`);
  lines.push(`function_${n}:`);
  const frame = 16 * (1 + random.below(8));
  put(`addi\tsp,sp,-${frame}`);
  put(`sd\tra,${frame - 8}(sp)`);
  const saved = SAVED.slice(0, random.below(4));
  for (const [i, register] of saved.entries()) put(`sd\t${register},${frame - 16 - 8 * i}(sp)`);
  const blocks = 2 + random.below(8);
  for (let k = 1; k <= blocks; k++) {
    lines.push(`${label(k)}:`);
    for (let i = 3 + random.below(8); i > 0; i--) instruction(random, n, put);
    const target = label(1 + random.below(blocks));
    put(
      random.of([
        `beq\t${random.of(ANY)},${random.of(ANY)},${target}`,
        `bnez\ta5,${target}`,
        `ble\ta4,a5,${target}`,
        `j\t${target}`,
      ]),
    );
  }
  put(`ld\tra,${frame - 8}(sp)`);
  for (const [i, register] of saved.entries()) put(`ld\t${register},${frame - 16 - 8 * i}(sp)`);
  put(`addi\tsp,sp,${frame}`);
  put("jr\tra");
  put(`.size\tfunction_${n}, .-function_${n}`);
  if (random.below(10) === 0) {
    put(".section\t.rodata");
    put(".align\t2");
    lines.push(`${label(30)}:`);
    for (let k = 1; k <= blocks; k++) put(`.word\t${label(k)}`);
    put(".text");
  }
  return `${lines.join("\n")}\n`;
}

function instruction(random: Random, n: number, put: (line: string) => void): void {
  const a = random.of(ANY);
  const b = random.of(ANY);
  switch (random.below(14)) {
    case 0:
      put(`lui\t${a},%hi(global_${n % 100})`);
      put(`lw\t${a},%lo(global_${n % 100})(${a})`);
      break;
    case 1:
      put(`call\tfunction_${random.below(n + 1)}`);
      break;
    case 2:
      put(`li\t${a},${random.below(100000)}`);
      break;
    case 3:
    case 4:
      put(`lw\t${a},${4 * random.below(60)}(${b})`);
      break;
    case 5:
      put(`sd\t${a},${8 * random.below(30)}(sp)`);
      break;
    case 6:
      put(`mv\t${a},${b}`);
      break;
    case 7:
      put(`slliw\t${a},${b},${random.below(31)}`);
      break;
    case 8:
      put(`addw\t${a},${b},${random.of(ANY)}`);
      break;
    case 9:
      put(`fld\tfa${random.below(6)},${8 * random.below(20)}(${b})`);
      break;
    case 10:
      put(`fmadd.d\tfa0,fa${random.below(6)},fa4,fa5`);
      break;
    case 11:
      put(`andi\t${a},${b},${random.below(256)}`);
      break;
    default:
      put(`addi\t${a},${b},${random.below(2000) - 1000}`);
  }
}

const [size, file] = process.argv.slice(2);
if (size !== undefined) writeFileSync(file ?? 1, generate(Number(size)));
