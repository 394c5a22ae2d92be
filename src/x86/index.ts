export { X86Decoder } from "./decoder.ts";
