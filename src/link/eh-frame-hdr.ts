import type { Report } from "../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../model/index.ts";
import type { EhFrames } from "./eh-frame.ts";

/** Whether the output gets a .eh_frame_hdr (some .eh_frame section has a record); ask after placement. */
export declare function wantsEhFrameHdr(model: LinkModel, order: ArrayLike<SectionId>): boolean;
/** In bytes; valid after `editEhFrames`. */
export declare function ehFrameHdrSize(frames: EhFrames): number;
/** The content; after layout. `hdr` is the row of .eh_frame_hdr, `ehFrameAddress` the address of the output's .eh_frame. */
export declare function ehFrameHdrContent(
  model: LinkModel,
  frames: EhFrames,
  hdr: SectionId,
  ehFrameAddress: bigint,
  report: Report,
): Uint8Array;
