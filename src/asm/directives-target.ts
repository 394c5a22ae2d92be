import type { Assembler } from "./assembler.ts";
import { attributeTag, attributeTakesString } from "./attributes.ts";
import { HASH, NEWLINE, SEMICOLON } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { stringOperand } from "./directives-data.ts";
import { CONSTANT } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";

// Directives of RISC-V: .option, .attribute, .insn.

/** The rest of the statement as text, without blanks at its ends. */
function restText(assembler: Assembler): string {
  const { reader } = assembler;
  reader.skipSpace();
  const { bytes } = reader;
  const start = reader.at;
  let end = start;
  while (bytes[end] !== NEWLINE && bytes[end] !== SEMICOLON && bytes[end] !== HASH && bytes[end] !== 0) end++;
  reader.at = end;
  return reader.text(start, end).trim();
}

const optionWords = [
  "rvc",
  "norvc",
  "relax",
  "norelax",
  "pic",
  "nopic",
  "push",
  "pop",
  "arch",
  "csr-check",
  "no-csr-check",
];

function option(assembler: Assembler): void {
  const { target } = assembler;
  const text = restText(assembler);
  switch (text) {
    case "rvc":
      target.updateArchitecture("+c");
      break;
    case "norvc":
      target.updateArchitecture("-c");
      break;
    case "relax":
      target.relax = true;
      break;
    case "norelax":
      target.relax = false;
      break;
    case "pic":
      target.pic = true;
      break;
    case "nopic":
      target.pic = false;
      break;
    case "csr-check":
      target.csrCheck = true;
      break;
    case "no-csr-check":
      target.csrCheck = false;
      break;
    case "push":
      target.push();
      break;
    case "pop":
      if (!target.pop()) assembler.error("AS0701", ".option pop with no .option push");
      break;
    default: {
      const arch = /^arch\s*,\s*(.*)$/.exec(text);
      if (arch) target.updateArchitecture(arch[1]);
      else
        assembler.warning("AS0702", `unrecognized .option directive: ${text}`, {
          notes: [{ message: `allowed are ${optionWords.join(", ")}` }],
        });
    }
  }
}

/** .attribute tag, value */
function attribute(assembler: Assembler): void {
  const { reader, expression, target } = assembler;
  reader.skipSpace();
  let tag: number;
  const name = reader.name();
  if (name >= 0) {
    const text = assembler.names.text(name);
    const known = attributeTag(text);
    if (known === undefined) {
      assembler.error("AS0703", `Attribute name not recognised: ${text}`);
      assembler.ignoreRest();
      return;
    }
    tag = known;
  } else tag = assembler.absoluteNumber();
  if (!reader.takeComma()) {
    assembler.error("AS0704", "expected <tag> , <value>");
    assembler.ignoreRest();
    return;
  }
  assembler.attributes.explicit = true;
  if (attributeTakesString(tag)) {
    const text = stringOperand(assembler);
    if (text === undefined) return;
    assembler.attributes.values.set(tag, text);
    if (tag === 5) {
      if (assembler.attributes.started)
        assembler.error("AS0705", "architecture elf attributes must set before any instructions");
      else target.setArchitecture(text);
    }
  } else {
    parseExpression(assembler, expression, "evaluate");
    if (expression.op !== CONSTANT) {
      assembler.error("AS0706", "expected numeric constant");
      assembler.ignoreRest();
      return;
    }
    if (tag >= 8 && tag <= 12 && assembler.attributes.started)
      assembler.error("AS0705", "privileged elf attributes must set before any instructions");
    assembler.attributes.values.set(tag, Number(expression.number));
  }
  assembler.endOfLine();
}

/** Directives of the machine. */
export const targetDirectives: DirectiveTable = {
  option,
  attribute,
};
