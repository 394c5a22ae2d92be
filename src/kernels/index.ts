export { CONTROL_WORDS, SIGNAL, Toucher } from "./ahead.ts";
export { Arena, currentArena, endArena, OutOfMemory, startArena } from "./arena.ts";
export type { Kernels } from "./module.ts";
export { forgetCompiled, giveModule } from "./web-assembly.ts";
