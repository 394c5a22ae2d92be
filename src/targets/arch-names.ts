/** What OUTPUT_ARCH may say of both x86 targets: BFD's names of the machines and of the syntax they are shown in. */
export const x86ArchNames: readonly string[] = [
  "i386",
  "i386:x86-64",
  "i386:x64-32",
  "i386:intel",
  "i386:x86-64:intel",
  "i386:x64-32:intel",
  "i8086",
  "iamcu",
  "iamcu:intel",
];
