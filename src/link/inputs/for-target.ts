import type { Report } from "../../diagnostics/index.ts";
import { ET_DYN, ET_EXEC, ET_REL, readIdentity } from "../../elf/index.ts";
import type { LinkModel } from "../../model/index.ts";
import { type Target, targets } from "../../targets/index.ts";
import { archName } from "./arch-names.ts";

/** Whether a file is an object for the machine of the link, relocatable or `shared`; says what it is if not. */
export function isForTarget(
  model: LinkModel,
  target: Target,
  bytes: Uint8Array,
  name: string,
  report: Report,
  shared = false,
): boolean {
  const identity = readIdentity(bytes);
  if (typeof identity === "string" || bytes.length < 20) {
    const what = typeof identity === "string" ? identity : "the file ends within the ELF header";
    const notes = [{ message: `${name}: ${what}` }];
    const message = "file not recognized: file format not recognized";
    report.error("LD0310", name, message, { lld: what, nameless: true, notes });
    return false;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, identity.littleEndian);
  const machine = view.getUint16(18, identity.littleEndian);
  if (machine !== target.machine || identity.is64 !== target.is64 || !identity.littleEndian) {
    refuseOtherMachine(model, target, name, machine, identity.is64, report);
    return false;
  }
  if (type === ET_REL || shared) return true;
  if (type === ET_DYN)
    report.error(
      "LD0315",
      name,
      "linking with shared libraries is not supported here; give -static, or an archive in its place",
    );
  else if (type === ET_EXEC)
    report.error("LD0315", undefined, `cannot use executable file \`${name}' as input to a link`, {
      lld: `${name}: unknown file type`,
    });
  else report.error("LD0313", name, `file not recognized: ELF type ${type}`, { lld: "unknown file type" });
  return false;
}

function refuseOtherMachine(
  model: LinkModel,
  target: Target,
  name: string,
  machine: number,
  is64: boolean,
  report: Report,
): void {
  const { emulation } = model.options;
  const first = model.objects.find((object) => !object.foreign)?.name;
  const lld = `${name} is incompatible with ${emulation ?? first ?? target.emulations[0]}`;
  const asked = emulation !== undefined && target.emulations.includes(emulation);
  const because = asked ? ` (-m ${emulation})` : first ? `; the first object is ${first}` : "";
  const notes = [{ message: `this is a link for ${target.bfdName}${because}` }];
  // The same machine with words of another width: GNU ld compares the ABIs.
  const other = targets.find((known) => known.machine === machine && known.is64 === is64);
  if (other && machine === target.machine && is64 !== target.is64) {
    const abi = `${name}: ABI is incompatible with that of the selected emulation`;
    const formats = `target emulation \`${other.bfdName}' does not match \`${target.bfdName}'`;
    report.error("LD0314", undefined, `${abi}:\n  ${formats}`, { lld });
    report.error("LD0651", undefined, `failed to merge target specific data of file ${name}`, { notes });
    return;
  }
  const arch = archName(machine, is64);
  const message = `${arch} architecture of input file \`${name}' is incompatible with ${target.bfdArch} output`;
  report.error("LD0314", undefined, message, { lld, notes });
}
