import { readFileSync } from "node:fs";
import path from "node:path";
import { startupSnapshot } from "node:v8";
import { forgetCompiled, giveModule } from "../../kernels/index.ts";
import { withMemory } from "../address-space.ts";
import { ld } from "../ld.ts";
import { main } from "../main.ts";
import { why } from "../why.ts";

// The bundle of the linker; premain's own --help and --version are in it too.

// While Node makes a start-up snapshot there is no WebAssembly; scripts/build.mjs has something that stands in for it.
const isBuilding = startupSnapshot.isBuildingSnapshot();
const { PREMAIN_STAND_IN: standIn } = process.env;
if (isBuilding && standIn !== undefined)
  Reflect.set(globalThis, "WebAssembly", new Function(readFileSync(standIn, "latin1"))());
// The build puts it there, and leaves its text out of the bundle. A snapshot keeps the bytes.
giveModule(new Uint8Array(readFileSync(path.join(__dirname, "kernels.wasm"))));
void main({
  ld: withMemory((args) => ld(args, "gnu")),
  "ld.lld": withMemory((args) => ld(args, "lld")),
  why: withMemory(why),
}).then(() => {
  if (!isBuilding) return;
  Reflect.deleteProperty(globalThis, "WebAssembly");
  forgetCompiled();
});
