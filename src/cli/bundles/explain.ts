import { explainTool } from "../explain.ts";
import { main } from "../main.ts";

// The bundle of what explains instructions.

main({ explain: explainTool });
