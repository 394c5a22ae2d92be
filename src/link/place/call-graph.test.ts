import { expect, test } from "vitest";
import type { LinkModel } from "../../model/index.ts";
import { CallGraph, orderByCalls } from "./call-graph.ts";

/** A model of which only the sizes of sections count: section 1 has the first size. */
const modelOf = (sizes: readonly number[]) =>
  ({ sections: { size: Float64Array.from([0, ...sizes]) } }) as unknown as LinkModel;

const order = (sizes: readonly number[], edges: readonly [number, number, number][]) => {
  const graph = new CallGraph();
  for (const [from, to, weight] of edges) graph.add(from, to, weight);
  return orderByCalls(modelOf(sizes), graph, () => "text");
};

test("a callee follows the caller that calls it most", () => {
  // B is called by A (5) and D (10), C by B, D by C: the chain B C D, then A.
  const [a, b, c, d] = [1, 2, 3, 4];
  const edges: [number, number, number][] = [
    [a, b, 5],
    [b, c, 50],
    [c, d, 40],
    [d, b, 10],
  ];
  expect(order([1, 1, 1, 1], edges)).toEqual([b, c, d, a]);
});

test("an edge of at most a tenth of the calls does not join", () => {
  const callers = Array.from({ length: 11 }, (_, i): [number, number, number] => [i + 2, 1, 10]);
  const placed = order(new Array(12).fill(1), callers);
  expect(placed[0]).toBe(1);
  expect(new Set(placed).size).toBe(12);
});

test("a cluster does not grow beyond a megabyte", () => {
  const big = 1024 * 1024;
  expect(order([big - 1, 1], [[1, 2, 6]])).toEqual([1, 2]);
  expect(order([big, 1], [[1, 2, 6]])).toEqual([2, 1]);
});
