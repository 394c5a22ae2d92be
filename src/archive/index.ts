export { Archive, type ArchiveIndex, type ArchiveMember } from "./read.ts";
export { type ArchiveOptions, type NewMember, writeArchive } from "./write.ts";
