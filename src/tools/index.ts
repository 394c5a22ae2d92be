export type { FileStatus, ToolFiles, ToolHost } from "./host.ts";
export { nm } from "./nm.ts";
export { size } from "./size.ts";
