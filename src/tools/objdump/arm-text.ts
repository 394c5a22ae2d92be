import type { CodeKind } from "./architectures.ts";

/** Capstone's text of an ARM or AArch64 instruction as GNU objdump would have it, as far as that is a matter of spelling. */
export function armText(
  mnemonic: string,
  operands: string,
  kind: CodeKind,
  address: (address: number) => string,
): string {
  if (operands === "") return mnemonic;
  const isBranch =
    kind === "aarch64"
      ? /^(b|bl|b\..*|cbn?z|tbn?z|adrp?)$/
      : /^(b|bl|blx|cbn?z)(\.w|\.n)?$|^b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.[wn])?$/;
  let text = operands;
  if (isBranch.test(mnemonic))
    text = text.replace(/#(-?0x[0-9a-f]+|-?\d+)$/, (_, value: string) => address(Number(value)));
  return `${mnemonic}\t${text}`;
}
