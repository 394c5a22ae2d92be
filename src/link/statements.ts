import type {
  Assert,
  Assignment,
  Command,
  Insert,
  Memory,
  MemoryRegion,
  OutputSection,
  Overlay,
  Phdr,
  RegionAlias,
  Script,
  SectionsCommand,
} from "../script/index.ts";

// What placement and layout take from the scripts: their statements, flat and
// in the order in which GNU ld holds them (each script's commands after those
// of the scripts before it; INCLUDE replaced by what it holds). INSERT is a
// statement of its own, because patterns match in the order before the moves.

/** A statement that layout walks over, outside of output sections. */
export type TopStatement = Assignment | Assert | OutputSection | Overlay | Insert;

/** The statements of the scripts that decide about places and addresses. */
export interface LayoutCommands {
  readonly statements: readonly TopStatement[];
  /** LLD's OVERWRITE_SECTIONS. */
  readonly overwrite: readonly (OutputSection | Assignment | Assert | Overlay)[];
  readonly regions: readonly MemoryRegion[];
  readonly regionAliases: readonly RegionAlias[];
  readonly phdrs: readonly Phdr[];
  /** Whether any script has SECTIONS: without it LLD lays out by its own rules. */
  readonly hasSections: boolean;
  /** LD_FEATURE("SANE_EXPR"). */
  readonly saneExpressions: boolean;
}

/** Flattens the scripts, in the order in which they were given. */
export function collectLayoutCommands(scripts: readonly Script[]): LayoutCommands {
  const statements: TopStatement[] = [];
  const overwrite: (OutputSection | Assignment | Assert | Overlay)[] = [];
  const regions: MemoryRegion[] = [];
  const regionAliases: RegionAlias[] = [];
  const phdrs: Phdr[] = [];
  let hasSections = false;
  let saneExpressions = false;

  const addSections = (
    commands: readonly SectionsCommand[],
    to: (OutputSection | Assignment | Assert | Overlay)[] | TopStatement[],
  ): void => {
    for (const command of commands) {
      if (command.kind === "include") addSections(command.items, to);
      else if (command.kind !== "entry") to.push(command);
    }
  };
  const addRegions = (items: Memory["regions"]): void => {
    for (const item of items) {
      if (item.kind === "include") addRegions(item.items);
      else regions.push(item);
    }
  };
  const add = (command: Command): void => {
    switch (command.kind) {
      case "include":
        for (const item of command.items) add(item);
        break;
      case "assignment":
      case "assert":
      case "insert":
        statements.push(command);
        break;
      case "sections":
        hasSections = true;
        addSections(command.commands, statements);
        break;
      case "overwrite-sections":
        addSections(command.commands, overwrite);
        break;
      case "memory":
        addRegions(command.regions);
        break;
      case "region-alias":
        regionAliases.push(command);
        break;
      case "phdrs":
        phdrs.push(...command.headers);
        break;
      case "ld-feature":
        if (command.feature.text === "SANE_EXPR") saneExpressions = true;
        break;
      default:
        break;
    }
  };
  for (const script of scripts) for (const command of script.commands) add(command);
  return { statements, overwrite, regions, regionAliases, phdrs, hasSections, saneExpressions };
}
