// Made by scripts/kernels.mjs of the files in assembly/, which have the comments.

export interface Kernels {
  internStaged(table: number, length: number): number;
  findStaged(table: number, length: number): number;
  internTerminated(table: number, from: number, limit: number): number;
  internSymbols(table: number, symbols: number, entry: number, first: number, last: number, strings: number, stringsSize: number, limit: number, ids: number): number;
  moveSlots(old: number, count: number, slots: number, mask: number): void;
}

/** The WebAssembly module, in base64. */
export const MODULE =
  "AGFzbQEAAAABMgZgAn9/AX9gBH9/f38Bf2AEf39/fgF/YAN/f38Bf2AEf39/fwBgCX9/f39/f39/fwF/AhIBA2VudgZtZW1vcnkCAwGAgAQDCAcBAgMEBQAA" +
  "B1UGDGludGVyblN0YWdlZAAFCmZpbmRTdGFnZWQABhBpbnRlcm5UZXJtaW5hdGVkAAINaW50ZXJuU3ltYm9scwAECW1vdmVTbG90cwADBm1lbW9yeQIACqsH" +
  "B6IBAQZ/IAAoAgAhByAAKAIQIQggACgCBCIJIANxIQUDQCAHIAVBA3RqIgYoAgQiBEUEQCAGDwsgBigCACADRgR/IAQoAgQgAUYFQQALBEAgCEEIaiEAIARB" +
  "CGohBANAIAAgAkkEfyAAKQMAIAQpAwBRBUEACwRAIABBCGohACAEQQhqIQQMAQsLIAAgAk8EQCAGDwsLIAVBAWogCXEhBQwACwALbQEEfyAAIAEgAiADpyAB" +
  "cyIFEAAiBCgCBCIGBEAgBigCAA8LIAAoAhAiBiAAKAIMIgc2AgAgBiABNgIEIAAoAgggB0ECdGogBjYCACAAIAdBAWo2AgwgACACNgIQIAQgBTYCACAEIAY2" +
  "AgQgBwuIAgIDfwN+IAAoAhQhBSAAKAIQQQhqIQQgASEDA38gBCAFTwRAQX8PCyADKQAAIQYgA0EIaiACSwRAIAIgA00EfkIABSAGQgEgAiADa0EDdK2GQgF9" +
  "gwshBgsgBkKBgoSIkKDAgAF9IAZCf4WDQoCBgoSIkKDAgH+DIghCAFIEfyAIeqdBA3YiAgRAIAQgBkIBIAJBA3SthkIBfYMiBjcDACAGIAeFQpX4qfqXt96b" +
  "nn9+IgYgBkIgiIUhByAEQQhqIQQLIAAgAyABayACaiAEIAcQAQUgBCAGNwMAIARBCGohBCADQQhqIQMgBiAHhUKV+Kn6l7fem55/fiIGIAZCIIiFIQcMAQsL" +
  "C2sBBH8gACEEA0AgBCAAIAFBA3RqSQRAIAQoAgQiBgRAIAQoAgAiByADcSEFA0AgAiAFQQN0aigCBARAIAVBAWogA3EhBQwBCwsgAiAFQQN0aiIFIAc2AgAg" +
  "BSAGNgIECyAEQQhqIQQMAQsLC1sBAn8DQCADIARJBEACQCAIIANBAnRqIgkoAgANACABIAIgA2xqKAAAIgogBk8NACAAIAUgCmogBxACIgpBf0YEQCADDwsg" +
  "CSAKNgIACyADQQFqIQMMAQsLIAQLWQICfwF+IAAiAigCEEEIaiIAIAFBB2pBeHFqIQMDQCAAIANJBEAgACkDACAEhUKV+Kn6l7fem55/fiIEIARCIIiFIQQg" +
  "AEEIaiEADAELCyACIAEgAyAEEAELawICfwF+IAAoAhBBCGoiAiABQQdqQXhxaiEDA0AgAiADSQRAIAIpAwAgBIVClfip+pe33puef34iBCAEQiCIhSEEIAJB" +
  "CGohAgwBCwsgACABIAMgBKcgAXMQACgCBCIABH8gACgCAAVBfwsL";
