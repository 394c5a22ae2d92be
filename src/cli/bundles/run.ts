import { main } from "../main.ts";
import { run } from "../run.ts";

// The bundle of the machine.

main({ run });
