import { ld } from "../ld.ts";
import { main } from "../main.ts";
import { why } from "../why.ts";

// The bundle of the linker; premain's own --help and --version are in it too.

main({ ld: (args) => ld(args, "gnu"), "ld.lld": (args) => ld(args, "lld"), why });
