/**
 * The text of preprocessed tokens, with the line markers that say where they
 * come from. Each token that starts a line is put on that line and in its
 * column; within a line a space stands where the source had one, or where two
 * tokens would otherwise be read as one.
 */
import type { Listener } from "./buffers.ts";
import { type Token, WHITE, wouldPaste } from "./tokens.ts";

export class Printer implements Listener {
  private parts: string[] = [];
  private readonly markers: boolean;
  private name = "";
  private system = false;
  /** The line of the output, counted in the source's lines. */
  private line = 1;
  private printed = false;
  private previous: Token | undefined;
  private seam = false;
  private source: Token | undefined;

  constructor(markers: boolean) {
    this.markers = markers;
  }

  fileChange(
    name: string,
    line: number,
    flag: "enter" | "return" | "rename",
    system: boolean,
    from?: number,
  ): void {
    if (from !== undefined) this.goTo(from);
    this.name = name;
    this.system = system;
    const first = this.parts.length === 0;
    if (first && this.markers) {
      const quoted = quote(name);
      this.parts.push(`# 0 ${quoted}\n# 0 "<built-in>"\n# 0 "<command-line>"\n`);
    }
    this.marker(line, first || flag === "rename" ? "" : flag === "enter" ? " 1" : " 2");
  }

  private marker(line: number, flag: string): void {
    if (this.printed) this.parts.push("\n");
    this.printed = false;
    this.line = line;
    if (this.markers) this.parts.push(`# ${line} ${quote(this.name)}${flag}${this.system ? " 3" : ""}\n`);
  }

  private goTo(line: number): void {
    if (this.printed) {
      this.parts.push("\n");
      this.line++;
      this.printed = false;
    }
    if (line >= this.line && (line < this.line + 8 || !this.markers)) {
      // Without markers only a few lines are kept apart.
      const count = line - this.line;
      if (count > 0) this.parts.push(this.markers || count < 8 ? "\n".repeat(count) : "\n");
      this.line = line;
    } else this.marker(line, "");
  }

  lineChange(t: Token): void {
    this.goTo(t.line);
    this.previous = undefined;
    this.source = undefined;
    this.printed = true;
    if (t.column > 2) this.parts.push(" ".repeat(t.column - 2));
  }

  directiveLine(line: number, text: string): void {
    this.goTo(line);
    this.parts.push(text, "\n");
    this.line++;
  }

  put(t: Token): void {
    if (t.type === "padding") {
      this.seam = true;
      if (!this.source || (!(this.source.flags & WHITE) && !t.source)) this.source = t.source;
      return;
    }
    if (this.seam) {
      const source = this.source ?? t;
      if (
        source.flags & WHITE ||
        (this.previous && wouldPaste(this.previous, t)) ||
        (!this.previous && t.type === "punctuator" && t.text === "#")
      )
        this.parts.push(" ");
    } else if (t.flags & WHITE) this.parts.push(" ");
    this.seam = false;
    this.source = undefined;
    this.previous = t;
    this.printed = true;
    this.parts.push(t.text);
    if (this.parts.length > 4096) this.parts = [this.parts.join("")];
  }

  finish(): string {
    if (this.printed) this.parts.push("\n");
    return this.parts.join("");
  }
}

function quote(name: string): string {
  return `"${name.replace(/[\\"]/g, "\\$&")}"`;
}
