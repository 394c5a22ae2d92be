/** Differences between GNU as 2.40 and `parseInstruction` that are meant to be, each with its reason. */
export const accepted: readonly { readonly text: RegExp; readonly only?: RegExp; readonly why: string }[] = [
  {
    text: /^fcvt\.(d\.wu?|d\.[sh]|s\.h) .*,(rne|rtz|rdn|rup|rmm|dyn)$/,
    only: /^GNU as refuses/,
    why: "conversions that are always exact have a rounding mode too; binutils takes it from 2.41 on",
  },
];
