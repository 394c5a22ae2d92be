export { readelf } from "./readelf.ts";
