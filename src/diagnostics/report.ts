/** A text that spans point into: a linker script, an option's value, an assembly source. */
export interface Source {
  /** The name a user knows it by: a path, or a description such as `--defsym`. */
  readonly name: string;
  readonly text: string;
}

/** A range of a source, as UTF-16 offsets: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  /** What the source itself calls this line (a preprocessor's markers, a macro's expansion). */
  readonly shown?: { readonly name: string; readonly line: number };
}

/**
 * Where a diagnostic belongs: a range of text, or the name of a place that is
 * not text, such as `lib.a(member.o)` or `main.o:(.text+0x10)`.
 */
export type Where = Span | string | undefined;

export type Severity = "error" | "warning" | "info";

/** A further line under a diagnostic: what we know beyond the bare message. */
export interface Note {
  readonly message: string;
  readonly where?: Where;
}

/** An edit that would make the diagnostic go away. */
export interface Fix {
  readonly title: string;
  readonly span: Span;
  readonly replacement: string;
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable for ever, such as `LD0012`; listed in docs/diagnostics.md. */
  readonly code: string;
  readonly where: Where;
  /** The wording of the GNU tool, without program name, place or `warning:`. */
  readonly message: string;
  /** The wording of the LLVM tool with its `>>>` lines, where it differs. */
  readonly lld?: string;
  readonly notes: readonly Note[];
  readonly fix?: Fix;
  /** GNU's message goes on right behind the place, without a colon. */
  readonly runsOn?: boolean;
  /** GNU ld prints this one without its own name in front. */
  readonly nameless?: boolean;
  /** GNU ld's first line has no place; the snippet follows all the same. */
  readonly unplaced?: boolean;
}

/** What a pass may add to a diagnostic beside its message. */
export interface Extra {
  readonly lld?: string;
  readonly notes?: readonly Note[];
  readonly fix?: Fix;
  readonly runsOn?: boolean;
  readonly nameless?: boolean;
  readonly unplaced?: boolean;
}

/**
 * The append-only list of what the stages have to say. Passes add to it and go
 * on; the driver looks at `hasErrors` at a few named points.
 */
export class Report {
  readonly diagnostics: Diagnostic[] = [];
  errorCount = 0;
  /** `fatal` warnings count as errors; `ignored` ones are dropped. */
  warnings: "shown" | "fatal" | "ignored" = "shown";

  get hasErrors(): boolean {
    return this.errorCount > 0;
  }

  error(code: string, where: Where, message: string, extra: Extra = {}): void {
    if (this.wasSaid(where, message)) return;
    this.errorCount++;
    this.add("error", code, where, message, extra);
  }

  warning(code: string, where: Where, message: string, extra: Extra = {}): void {
    if (this.warnings === "ignored") return;
    if (this.warnings === "fatal") this.errorCount++;
    this.add("warning", code, where, message, extra);
  }

  info(code: string, where: Where, message: string, extra: Extra = {}): void {
    this.add("info", code, where, message, extra);
  }

  /** Puts a line in front of what was said since; nameless, the message being the whole line. */
  insertInfo(at: number, code: string, message: string): void {
    const line: Diagnostic = { severity: "info", code, where: undefined, message, notes: [], nameless: true };
    this.diagnostics.splice(at, 0, line);
  }

  /** Takes over what another report was told. */
  repeat(diagnostic: Diagnostic): void {
    if (diagnostic.severity === "error") this.errorCount++;
    this.diagnostics.push(diagnostic);
  }

  /** Takes over all that another report was told, its errors and fatal warnings included. */
  take(other: Report): void {
    this.errorCount += other.errorCount;
    for (const diagnostic of other.diagnostics) this.diagnostics.push(diagnostic);
  }

  /**
   * Whether the same was said of the same text: a statement may be evaluated more than once.
   */
  private wasSaid(where: Where, message: string): boolean {
    if (typeof where !== "object") return false;
    const { source, start } = where;
    return this.diagnostics.some(
      (said) =>
        said.message === message &&
        typeof said.where === "object" &&
        said.where.source === source &&
        said.where.start === start,
    );
  }

  private add(severity: Severity, code: string, where: Where, message: string, extra: Extra): void {
    this.diagnostics.push({ ...extra, severity, code, where, message, notes: extra.notes ?? [] });
  }
}
