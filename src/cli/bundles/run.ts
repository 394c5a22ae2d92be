import { startupSnapshot } from "node:v8";
import { webAssemblyStandIn } from "../../machine/index.ts";
import { withMemory } from "../address-space.ts";
import { main } from "../main.ts";
import { run } from "../run.ts";

// The bundle of the machine. While Node makes a start-up snapshot, there is no WebAssembly.

const isBuilding = startupSnapshot.isBuildingSnapshot();
if (isBuilding) Reflect.set(globalThis, "WebAssembly", webAssemblyStandIn);
void main({ run: withMemory(run) }).then(() => {
  if (isBuilding) Reflect.deleteProperty(globalThis, "WebAssembly");
});
