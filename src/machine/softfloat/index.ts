export * from "./compare.ts";
export * from "./convert.ts";
export { f64Add, f64Div, f64Mul, f64MulAdd, f64Sqrt, f64Sub } from "./f64.ts";
export {
  f16Add,
  f16Div,
  f16Mul,
  f16MulAdd,
  f16Sqrt,
  f16Sub,
  f32Add,
  f32Div,
  f32Mul,
  f32MulAdd,
  f32Sqrt,
  f32Sub,
} from "./narrow.ts";
export {
  DZ,
  FLAGS,
  HIGH,
  LOW,
  NAN_F16,
  NAN_F32,
  NAN_F64_HIGH,
  NV,
  NX,
  OF,
  out,
  RDN,
  RMM,
  RNE,
  RTZ,
  RUP,
  UF,
} from "./state.ts";
