export {
  type CompressionHeader,
  type Inflated,
  inflateCompressed,
  inflateZdebug,
  readCompressionHeader,
} from "./compressed.ts";
export * from "./constants.ts";
export { type FileKind, type Identity, identify, readIdentity } from "./identify.ts";
export * from "./layout.ts";
