export type { RelocateContext, Target } from "./target.ts";
