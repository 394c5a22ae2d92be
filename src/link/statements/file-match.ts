import type { InputObject, LinkModel, ObjectId } from "../../model/index.ts";
import { isWild, nameMatches } from "./glob.ts";

/** Whether a file pattern (`*crt?.o`, `lib.a:member.o`, `lib.a:`, `:file.o`) takes an object. */
export function fileMatches(pattern: string, object: InputObject): boolean {
  const { file } = object;
  const colon = pattern.indexOf(":");
  if (colon >= 0) {
    const member = pattern.slice(colon + 1);
    if (member !== "" && !nameMatches(member, file.member ?? file.path)) return false;
    if ((colon !== 0) !== (file.member !== undefined)) return false;
    return colon === 0 || nameMatches(pattern.slice(0, colon), file.path);
  }
  if (isWild(pattern)) return nameMatches(pattern, file.member ?? file.path);
  // A plain name means the file of the command line, as it was given there.
  return file.member === undefined && (file.given === pattern || file.path === pattern);
}

/** Whether a pattern of EXCLUDE_FILE takes an object: here a pattern without colon also names a whole archive. */
export function isExcludedBy(pattern: string, object: InputObject): boolean {
  if (pattern.includes(":")) return fileMatches(pattern, object);
  const { file } = object;
  if (nameMatches(pattern, file.member ?? file.path)) return true;
  return file.member !== undefined && nameMatches(pattern, file.path);
}

/** A question about objects whose answers are remembered. */
export class FileTest {
  private readonly model: LinkModel;
  private readonly ask: (object: InputObject) => boolean;
  /** 0 not asked, 1 no, 2 yes. */
  private readonly answers: Uint8Array;

  constructor(model: LinkModel, ask: (object: InputObject) => boolean) {
    this.model = model;
    this.ask = ask;
    this.answers = new Uint8Array(model.objects.length);
  }

  /** Sections that the linker makes for nobody in particular count as the first object's in GNU ld. */
  holds(object: ObjectId): boolean {
    if (object < 0 && this.model.options.compat === "lld") return false;
    const id = object < 0 ? 0 : object;
    if (id >= this.answers.length) return false;
    if (this.answers[id] === 0) this.answers[id] = this.ask(this.model.objects[id]) ? 2 : 1;
    return this.answers[id] === 2;
  }
}
