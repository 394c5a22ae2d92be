// The tour's program, as three object files of machine code.
import { objectFile } from "./object.mjs";

/** `write(1, text, length)`, then return. */
const say = (text, length) => `
  b8 01 00 00 00                    \
  bf 01 00 00 00                    \
  48 8d 35 {${text}}                \
  ba ${length.toString(16).padStart(2, "0")} 00 00 00 \
  0f 05                             \
  c3`;

function speaker(section, name, text) {
  return [
    { name: `.text.${name}`, flags: "ax", code: `${name}: ${say(`${name}_text`, text.length)}` },
    { name: `.rodata.${name}`, flags: "a", code: `${name}_text: "${text.replaceAll("\n", "\\n")}"` },
    ...(section ? [{ name: section, flags: "a", code: `{=${name}}` }] : []),
  ];
}

/** start.o: calls each function of the table, then main, then exit. */
export const start = objectFile([
  {
    name: ".text",
    flags: "ax",
    // lea, lea; loop: cmp, jae done, call [rbx], add, jmp loop; done: call main, exit(eax)
    code: `_start:
      48 8d 1d {first_before_main}
      4c 8d 25 {last_before_main}
      4c 39 e3  73 08  ff 13  48 83 c3 08  eb f3
      e8 {main}  89 c7  b8 3c 00 00 00  0f 05`,
  },
]);

/** hello.o: main, which says a line and returns 0, and a function that nobody calls. */
export const hello = objectFile([
  { name: ".text.main", flags: "ax", code: "main: e8 {greet}  31 c0  c3" },
  ...speaker("", "greet", "  main runs\n"),
  ...speaker("", "unused", "  never seen\n"),
]);

/** early.o: two functions that ask to run before main, the later one first. */
export const early = objectFile([
  ...speaker(".before_main.20", "second", "  the second runs before main\n"),
  ...speaker(".before_main.10", "first", "  the first runs before main\n"),
]);
