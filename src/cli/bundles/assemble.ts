import { as } from "../as.ts";
import { main } from "../main.ts";

// The bundle of the assembler.

main({ as });
