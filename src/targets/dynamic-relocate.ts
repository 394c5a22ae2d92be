import type { DynamicLink, SymbolId } from "../model/index.ts";
import { addHalves, addressIn, sum } from "./common.ts";
import type { RelocateContext } from "./target.ts";

/** sum = S + A, where S is the address of a symbol or of the stub that stands for it. */
export function resolveSpecial(
  context: RelocateContext,
  dynamic: DynamicLink,
  symbol: SymbolId,
  addendLow: number,
  addendHigh: number,
): void {
  const { model } = context;
  const { symbols } = model;
  const special = dynamic.special[symbol];
  const { rows } = dynamic;
  if ((special === 2 || special === 3) && dynamic.plt[symbol] >= 0) {
    if (dynamic.pltSecond[symbol] >= 0) addressIn(model, rows.pltSecond, dynamic.pltSecond[symbol]);
    else addressIn(model, rows.plt, dynamic.plt[symbol]);
  } else if (special === 3 && dynamic.pltGot[symbol] >= 0)
    addressIn(model, rows.pltGot, dynamic.pltGot[symbol]);
  else {
    addHalves(symbols.addressLow[symbol], symbols.addressHigh[symbol], addendLow, addendHigh);
    return;
  }
  addHalves(sum.low, sum.high, addendLow, addendHigh);
}
