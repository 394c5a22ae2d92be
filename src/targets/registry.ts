import type { Target } from "./target.ts";

/** The target of an object's e_machine and class; undefined: not supported. */
export declare function targetFor(machine: number, is64: boolean): Target | undefined;
/** The target of an emulation's name (`-m`). */
export declare function targetOfEmulation(name: string): Target | undefined;
