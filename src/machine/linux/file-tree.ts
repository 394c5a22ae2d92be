import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EROFS, EXDEV } from "./errors.ts";

/**
 * The files a guest may see. A tree answers for absolute, normalised paths
 * (`/a/b`, no `.` or `..`, `/` itself for the root) and reports failure as a
 * negated error number. What is not granted does not exist: the guest meets
 * ENOENT, not the host.
 */

export type FileKind = "file" | "directory" | "link" | "character" | "pipe";

export interface FileStatus {
  readonly kind: FileKind;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly inode: number;
  readonly links: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
}

/** How a file is to be opened. */
export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly mode: number;
}

export interface TreeFile {
  status(): FileStatus;
  /** Bytes read at a position, less than asked for at the end; or a negated error. */
  read(position: number, into: Uint8Array): number;
  write(position: number, bytes: Uint8Array): number;
  truncate(size: number): number;
  close(): void;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
  readonly inode: number;
}

export interface FileTree {
  status(path: string, follow: boolean): FileStatus | number;
  open(path: string, how: OpenHow): TreeFile | number;
  list(path: string): readonly DirectoryEntry[] | number;
  readLink(path: string): string | number;
  makeDirectory(path: string, mode: number): number;
  remove(path: string, directory: boolean): number;
  rename(from: string, to: string): number;
}

interface Node {
  inode: number;
  bytes: Uint8Array;
  size: number;
  mode: number;
  directory: boolean;
  modified: bigint;
}

/** Files in memory: for tests, pages, and whoever wants to hand a guest some bytes. */
export class MemoryTree implements FileTree {
  readonly #nodes = new Map<string, Node>();
  #nextInode = 1;

  constructor(files: Readonly<Record<string, Uint8Array | string>> = {}) {
    this.#add("/", true, 0o755);
    for (const [path, content] of Object.entries(files)) this.add(path, content);
  }

  /** Adds a file, and the directories to it. */
  add(path: string, content: Uint8Array | string, mode = 0o644): void {
    const parts = path.split("/").filter((part) => part !== "");
    for (let i = 1; i < parts.length; i++) {
      const folder = `/${parts.slice(0, i).join("/")}`;
      if (!this.#nodes.has(folder)) this.#add(folder, true, 0o755);
    }
    const node = this.#add(`/${parts.join("/")}`, false, mode);
    node.bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    node.size = node.bytes.length;
  }

  /** A file's bytes; undefined if there is none. */
  bytes(path: string): Uint8Array | undefined {
    const node = this.#nodes.get(path);
    return node && !node.directory ? node.bytes.subarray(0, node.size) : undefined;
  }

  status(path: string): FileStatus | number {
    const node = this.#nodes.get(path);
    return node ? statusOf(node) : -ENOENT;
  }

  open(path: string, how: OpenHow): TreeFile | number {
    let node = this.#nodes.get(path);
    if (node && how.create && how.exclusive) return -EEXIST;
    if (!node) {
      if (!how.create) return -ENOENT;
      const parent = this.#nodes.get(parentOf(path));
      if (!parent) return -ENOENT;
      if (!parent.directory) return -ENOTDIR;
      node = this.#add(path, false, how.mode & 0o777);
    }
    if (node.directory && how.write) return -EISDIR;
    if (how.truncate && how.write) node.size = 0;
    return openNode(node);
  }

  list(path: string): readonly DirectoryEntry[] | number {
    const node = this.#nodes.get(path);
    if (!node) return -ENOENT;
    if (!node.directory) return -ENOTDIR;
    const prefix = path === "/" ? "/" : `${path}/`;
    const entries: DirectoryEntry[] = [];
    for (const [name, { directory, inode }] of this.#nodes) {
      if (name === "/" || !name.startsWith(prefix) || name.indexOf("/", prefix.length) >= 0) continue;
      entries.push({ name: name.slice(prefix.length), kind: directory ? "directory" : "file", inode });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  readLink(path: string): string | number {
    return this.#nodes.has(path) ? -EINVAL : -ENOENT;
  }

  makeDirectory(path: string, mode: number): number {
    if (this.#nodes.has(path)) return -EEXIST;
    const parent = this.#nodes.get(parentOf(path));
    if (!parent) return -ENOENT;
    if (!parent.directory) return -ENOTDIR;
    this.#add(path, true, mode & 0o777);
    return 0;
  }

  remove(path: string, directory: boolean): number {
    const node = this.#nodes.get(path);
    if (!node) return -ENOENT;
    if (node.directory !== directory) return directory ? -ENOTDIR : -EISDIR;
    if (directory) {
      const entries = this.list(path);
      if (typeof entries !== "number" && entries.length > 0) return -ENOTEMPTY;
    }
    this.#nodes.delete(path);
    return 0;
  }

  rename(from: string, to: string): number {
    const node = this.#nodes.get(from);
    if (!node) return -ENOENT;
    if (!this.#nodes.get(parentOf(to))?.directory) return -ENOENT;
    for (const [name, moved] of [...this.#nodes]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.#nodes.delete(name);
      this.#nodes.set(to + name.slice(from.length), moved);
    }
    return 0;
  }

  #add(path: string, directory: boolean, mode: number): Node {
    const bytes = new Uint8Array(0);
    const node: Node = { inode: this.#nextInode++, bytes, size: 0, mode, directory, modified: 0n };
    this.#nodes.set(path, node);
    return node;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function statusOf(node: Node): FileStatus {
  const { inode, size, mode, modified, directory } = node;
  return { kind: directory ? "directory" : "file", size, mode, inode, links: 1, modified };
}

function openNode(node: Node): TreeFile {
  const resize = (size: number) => {
    if (size <= node.bytes.length) node.bytes.fill(0, Math.min(node.size, size), size);
    else {
      const grown = new Uint8Array(Math.max(size, node.bytes.length * 2));
      grown.set(node.bytes.subarray(0, node.size));
      node.bytes = grown;
    }
    node.size = size;
  };
  return {
    status: () => statusOf(node),
    read(position, into) {
      if (node.directory) return -EISDIR;
      const bytes = node.bytes.subarray(position, Math.min(node.size, position + into.length));
      into.set(bytes);
      return bytes.length;
    },
    write(position, bytes) {
      if (position + bytes.length > node.size) resize(position + bytes.length);
      node.bytes.set(bytes, position);
      return bytes.length;
    },
    truncate(size) {
      resize(size);
      return 0;
    },
    close() {},
  };
}

/** Trees at places of one: a path belongs to the longest place that it is in. */
export class MountedTrees implements FileTree {
  readonly #mounts: readonly { readonly place: string; readonly tree: FileTree }[];

  constructor(mounts: Readonly<Record<string, FileTree>>) {
    this.#mounts = Object.entries(mounts)
      .map(([place, tree]) => ({ place, tree }))
      .sort((a, b) => b.place.length - a.place.length);
  }

  #find(path: string): { tree: FileTree; inner: string; place: string } | undefined {
    for (const { place, tree } of this.#mounts) {
      if (place === "/") return { tree, inner: path, place };
      if (path === place) return { tree, inner: "/", place };
      if (path.startsWith(`${place}/`)) return { tree, inner: path.slice(place.length), place };
    }
    return undefined;
  }

  /** A directory that exists only because something is mounted below it. */
  #above(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = this.#mounts
      .filter(({ place }) => place.startsWith(prefix) && place !== path)
      .map(({ place }) => place.slice(prefix.length).split("/")[0]);
    return [...new Set(names)].sort();
  }

  status(path: string, follow: boolean): FileStatus | number {
    const found = this.#find(path);
    const status = found ? found.tree.status(found.inner, follow) : -ENOENT;
    if (typeof status !== "number" || (this.#above(path).length === 0 && path !== "/")) return status;
    return { kind: "directory", size: 0, mode: 0o555, inode: 1, links: 2, modified: 0n };
  }

  open(path: string, how: OpenHow): TreeFile | number {
    const found = this.#find(path);
    return found ? found.tree.open(found.inner, how) : -ENOENT;
  }

  list(path: string): readonly DirectoryEntry[] | number {
    const found = this.#find(path);
    const entries = found ? found.tree.list(found.inner) : -ENOENT;
    const above = this.#above(path);
    if (above.length === 0 && path !== "/") return entries;
    const listed = typeof entries === "number" ? [] : entries;
    const extra = above.filter((name) => !listed.some((entry) => entry.name === name));
    return [...listed, ...extra.map((name): DirectoryEntry => ({ name, kind: "directory", inode: 1 }))];
  }

  readLink(path: string): string | number {
    const found = this.#find(path);
    return found ? found.tree.readLink(found.inner) : -ENOENT;
  }

  makeDirectory(path: string, mode: number): number {
    const found = this.#find(path);
    return found ? found.tree.makeDirectory(found.inner, mode) : -EROFS;
  }

  remove(path: string, directory: boolean): number {
    const found = this.#find(path);
    return found ? found.tree.remove(found.inner, directory) : -ENOENT;
  }

  rename(from: string, to: string): number {
    const source = this.#find(from);
    const target = this.#find(to);
    if (!source || !target) return -ENOENT;
    if (source.tree !== target.tree) return -EXDEV;
    return source.tree.rename(source.inner, target.inner);
  }
}

/** Makes `path` absolute and takes `.` and `..` out; `..` at the root stays there. */
export function normalise(path: string, folder: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${folder}/${path}`).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
