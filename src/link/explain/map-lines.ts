import type { InputItem } from "../../model/index.ts";
import type { Input } from "../../script/index.ts";
import type { LoadedFile } from "../inputs/inputs.ts";

/** The LOAD lines: one text for each input of the command line, and one for INPUT and GROUP of the scripts. */
export interface LoadLines {
  readonly items: readonly string[];
  readonly script: string;
}

/**
 * What was read for each input. An input that was a script stands for those
 * that it names, which are told by what the next input is.
 */
export function loadLines(
  items: readonly InputItem[],
  inputs: readonly Input[],
  files: readonly LoadedFile[],
): LoadLines {
  const isFor = (item: InputItem, path: string): boolean => {
    if (item.kind === "file" || item.kind === "symbols")
      return path === item.path || path.endsWith(`/${item.path}`);
    if (item.kind !== "library") return false;
    const base = path.slice(path.lastIndexOf("/") + 1);
    return item.exact ? base === item.name : base === `lib${item.name}.a` || base === `lib${item.name}.so`;
  };
  const load = ({ path, group }: LoadedFile) => (group ? `${group} GROUP\n` : `LOAD ${path}\n`);
  const lines = items.map((item, index) => {
    if (item.kind === "start-group") return "START GROUP\n";
    if (item.kind === "end-group") return "END GROUP\n";
    if (item.kind === "start-lib" || item.kind === "end-lib") return "";
    const own = files.filter(({ from }) => from === index);
    if (own.length > 0) return own.map(load).join("");
    // A library that was named before is not read again.
    const again = files.find(({ path }) => isFor(item, path));
    return again ? load(again) : "";
  });
  const named = files.filter(({ from }) => from === "script");
  let script = "";
  let next = 0;
  for (const input of inputs) {
    const count = input.items.reduce(
      (sum, item) => sum + (item.kind === "as-needed" ? item.items.length : 1),
      0,
    );
    const loads = named.slice(next, next + count).map(load);
    next += count;
    script += input.group ? `START GROUP\n${loads.join("")}END GROUP\n` : loads.join("");
  }
  script += named.slice(next).map(load).join("");
  script += files.flatMap((file) => (file.from === "pattern" && !file.archive ? load(file) : [])).join("");
  return { items: lines, script };
}
