/**
 * The tables of folders and files of .debug_line. Up to DWARF 4 they count from
 * 1, and folder 0 is where the compiler ran; in DWARF 5 entry 0 of each is
 * written, too: `.file 0` or, without one, the first file.
 */
export interface LineFile {
  readonly name: string;
  readonly folder: number;
  /** 16 bytes, or all zero. */
  readonly digest: Uint8Array;
}

export class LineFiles {
  readonly files: (LineFile | undefined)[] = [];
  readonly folders: (string | undefined)[] = [];
  private readonly current: string;

  constructor(currentDirectory: string) {
    this.current = currentDirectory;
  }

  get count(): number {
    return this.files.length;
  }

  isAssigned(number: number): boolean {
    return this.files[number] !== undefined;
  }

  /** Folder and name of a file. */
  path(number: number): string {
    const file = this.files[number];
    const folder = file?.folder ? this.folders[file.folder] : undefined;
    return `${folder === undefined ? "" : `${folder}/`}${file?.name ?? ""}`;
  }

  /** Puts a file into a slot; the result is what is wrong with that. */
  assign(
    number: number,
    folder: string | undefined,
    name: string,
    digest: bigint | undefined,
    version: number,
  ): string | undefined {
    const bytes = new Uint8Array(16);
    if (digest !== undefined)
      for (let i = 0; i < 16; i++) bytes[i] = Number((digest >> BigInt(i * 8)) & 0xffn);
    const old = this.files[number];
    if (old) return this.reassign(old, number, folder, name, digest === undefined ? undefined : bytes);
    let base: string;
    let directory: string;
    let first: string | undefined;
    if (number === 0) {
      first = folder;
      base = baseName(name);
      directory = folder !== undefined && base === name ? folder : name.slice(0, name.length - base.length);
    } else if (folder === undefined) {
      base = baseName(name);
      directory = name.slice(0, name.length - base.length);
    } else {
      base = name;
      directory = folder;
    }
    // GNU as compares all of a path with the current folder, so the path's own folder never is that.
    const whole = directory === folder ? folder : name;
    this.files[number] = {
      name: base,
      folder: this.folder(directory, first, number === 0 ? whole : undefined, version),
      digest: bytes,
    };
    return undefined;
  }

  /** The slot is taken: that is right if it is the same file. */
  private reassign(
    old: LineFile,
    number: number,
    folder: string | undefined,
    name: string,
    digest: Uint8Array | undefined,
  ): string | undefined {
    const known = this.folders[old.folder];
    let same = digest === undefined || digest.every((byte, i) => byte === old.digest[i]);
    if (same && folder !== undefined) {
      same = (known === undefined || known === folder) && name === old.name;
      if (same && known === undefined) this.folders[old.folder] = folder;
    } else if (same && known !== undefined) same = name === `${known}/${old.name}`;
    else if (same) {
      const base = baseName(name);
      same = base === old.name;
      if (same && base.length < name.length)
        this.folders[old.folder] = name.slice(0, name.length - base.length);
    }
    if (same) return undefined;
    const shown = (directory: string | undefined, file: string) =>
      directory === undefined ? file : `${directory}/${file}`;
    return `file table slot ${number} is already occupied by a different file (${shown(known, old.name)} vs ${shown(folder, name)})`;
  }

  /** The number of a file that has none: that of the same file, or the first free one. */
  find(path: string, version: number): number {
    const base = baseName(path);
    const folder = this.folder(path.slice(0, path.length - base.length), undefined, undefined, version);
    let i = 1;
    for (; i < this.files.length; i++) {
      const file = this.files[i];
      if (file?.folder === folder && file.name === base) return i;
    }
    this.files[i] = { name: base, folder, digest: new Uint8Array(16) };
    return i;
  }

  /** The number of a folder. `whole` is given for file 0, whose folder may have number 0. */
  private folder(
    path: string,
    first: string | undefined,
    whole: string | undefined,
    version: number,
  ): number {
    const name = path.endsWith("/") ? path.slice(0, -1) : path;
    if (name === "") return 0;
    const known = this.folders.indexOf(name);
    if (known >= 0) return known;
    let number = this.folders.length;
    if (whole !== undefined) {
      if (this.folders[0] === undefined) {
        const current = first ?? this.current;
        number = 0;
        // Entry 0 of DWARF 5 is the folder of the compilation, whatever the file's is.
        if (version >= 5 && whole !== current) {
          this.folder(current, first, current, version);
          number = 1;
        }
      }
    } else if (number === 0) number = 1;
    this.folders[number] = name;
    return number;
  }
}

function baseName(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === 0 && path.length === 1 ? path : path.slice(slash + 1);
}
