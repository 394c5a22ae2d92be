import type { Assembler } from "./assembler.ts";
import { COMMA, NEWLINE, QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";

// Directives that change how the listing looks: headings, pages, what is shown.

/** .title and .sbttl: the rest of the line, or a text in quotes. */
function heading(assembler: Assembler, sub: number): void {
  const { reader } = assembler;
  reader.skipSpace();
  const quoted = reader.bytes[reader.at] === QUOTE;
  if (quoted) reader.at++;
  const start = reader.at;
  for (;;) {
    const byte = reader.bytes[reader.at];
    if (quoted ? byte === QUOTE : reader.atEnd) break;
    if (byte === NEWLINE) {
      assembler.error("AS0960", "new line in title");
      return;
    }
    reader.at++;
  }
  const text = reader.text(start, reader.at);
  assembler.listing?.edict({ kind: sub ? "subtitle" : "title", text });
  if (quoted) reader.at++;
  assembler.endOfLine();
}

/** .psize lines[, columns] and .llen columns. */
function pageSize(assembler: Assembler, widthOnly: number): void {
  const { reader } = assembler;
  let lines: number | undefined;
  if (widthOnly === 0) {
    lines = assembler.absoluteNumber();
    if (lines < 0 || lines > 1000) {
      assembler.warning("AS0961", "strange paper height, set to no form");
      lines = 0;
    }
    if (!reader.take(COMMA)) {
      assembler.listing?.setPage(lines, undefined);
      assembler.endOfLine();
      return;
    }
  }
  const columns = assembler.absoluteNumber();
  if (columns <= 7) assembler.error("AS0961", "new paper width is too small");
  assembler.listing?.setPage(lines, columns > 7 ? columns : undefined);
  assembler.endOfLine();
}

function edict(kind: "eject" | "list" | "nolist") {
  return (assembler: Assembler) => {
    assembler.listing?.edict({ kind });
    assembler.endOfLine();
  };
}

export const listingDirectives: DirectiveTable = {
  title: [heading, 0],
  ttl: [heading, 0],
  sbttl: [heading, 1],
  psize: [pageSize, 0],
  plen: [pageSize, 0],
  llen: [pageSize, 1],
  eject: edict("eject"),
  page: edict("eject"),
  list: edict("list"),
  nolist: edict("nolist"),
};
