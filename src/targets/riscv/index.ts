export { riscv32, riscv64 } from "./target.ts";
