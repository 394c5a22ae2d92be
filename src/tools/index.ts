export { ar, ranlib } from "./ar/ar.ts";
export { cxxfilt } from "./cxxfilt.ts";
export type { FileStatus, ToolFiles, ToolHost } from "./host.ts";
export { nm } from "./nm.ts";
export { objcopy, strip } from "./objcopy/objcopy.ts";
export { objdump } from "./objdump/objdump.ts";
export { readelf } from "./readelf/index.ts";
export { size } from "./size.ts";
export { strings } from "./strings.ts";
