/** Columns of a line of a dependency file, its continuation mark included. */
const MOST_COLUMNS = 72;

/**
 * The rule for make that -MD writes: the object depends on every file that was
 * read, the last one first, as GNU as has them.
 */
export function dependencyText(output: string, files: readonly string[]): string {
  let text = "";
  let column = 0;
  const put = (name: string, spacer: " " | ":") => {
    const quoted = quote(name);
    let before = spacer === " " ? " " : "";
    if (column > 0 && column + quoted.length > MOST_COLUMNS - 3) {
      text += " \\\n ";
      column = 0;
      before = "";
    }
    const shown = before + quoted + (spacer === ":" ? ":" : "");
    text += shown;
    column += shown.length;
  };
  put(output, ":");
  for (const file of [...new Set(files)].reverse()) put(file, " ");
  return `${text}\n`;
}

/** make reads a blank as the end of a name, and a dollar as a variable. */
function quote(name: string): string {
  return name
    .replace(/(\\*)([ \t])/g, (_, slashes: string, blank: string) => `${slashes}${slashes}\\${blank}`)
    .replaceAll("$", "$$$$");
}
