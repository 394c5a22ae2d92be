export type { Host } from "./host.ts";
export { type LinkResult, link } from "./link.ts";
