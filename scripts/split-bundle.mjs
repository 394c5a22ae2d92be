// Divides a bundle in two: what usual runs of its tools call, and the rest,
// which is read when it is called for the first time. Each start of a tool reads
// all that is in its snapshot, at 4 ms for a megabyte, and almost half of the
// linker's text is for errors, maps, LLD's rules, shared libraries and the like.
//
// Nobody keeps a list of what is needed: the build runs the bundle's warm-up and
// asks V8 which functions were called. A function at the top of a module that
// was not is moved, and in its place stays one that calls it there; so is all
// that only such functions use. What is moved gets the values of what stays as
// arguments, once, so nothing moves that uses a variable which changes.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseAst } from "rolldown/parseAst";

/** Where the functions begin that are called in a bundle by what `run` starts in the environment it is given. */
export function calledFunctions(file, run) {
  const coverage = mkdtempSync(path.join(os.tmpdir(), "premain-build-"));
  run({ NODE_V8_COVERAGE: coverage });
  const called = new Set();
  for (const name of readdirSync(coverage)) {
    const { result } = JSON.parse(readFileSync(path.join(coverage, name), "utf8"));
    for (const script of result.filter(({ url }) => url.endsWith(path.basename(file))))
      for (const { ranges } of script.functions) if (ranges[0].count > 0) called.add(ranges[0].startOffset);
  }
  rmSync(coverage, { recursive: true });
  return called;
}

/** The names in a piece of the syntax tree, and those of them that it assigns to. More than it uses is no harm. */
function namesIn(node) {
  const used = new Set();
  const assigned = new Set();
  const targets = (target) => {
    if (target.type === "Identifier") assigned.add(target.name);
    else if (target.type !== "MemberExpression") children(target, targets);
  };
  const visit = (node) => {
    if (node.type === "Identifier") used.add(node.name);
    if (
      node.type === "AssignmentExpression" ||
      node.type === "ForOfStatement" ||
      node.type === "ForInStatement"
    )
      targets(node.left);
    if (node.type === "UpdateExpression") targets(node.argument);
    const isKey = (key) =>
      !node.computed &&
      ((node.type === "MemberExpression" && key === "property") || (key === "key" && !node.shorthand));
    children(node, visit, isKey);
  };
  visit(node);
  return { used, assigned };
}

function children(node, visit, isLeftOut = () => false) {
  for (const [key, value] of Object.entries(node)) {
    if (value === null || typeof value !== "object" || isLeftOut(key)) continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (child !== null && typeof child === "object" && typeof child.type === "string") visit(child);
  }
}

/** What stands at the top of a bundle, piece by piece: each variable by itself. */
function piecesOf(text, called) {
  const pieces = [];
  for (const node of parseAst(text, { lang: "js", sourceType: "script" }).body) {
    const declared = node.type === "VariableDeclaration" ? node.declarations : [node];
    for (const part of declared) {
      const { used, assigned } = namesIn(part);
      const code = text.slice(part.start, part.end);
      const isVariable = part.type === "VariableDeclarator";
      const name = isVariable && part.id.type !== "Identifier" ? undefined : part.id?.name;
      const names = name ? [name] : isVariable ? [...namesIn(part.id).used] : [];
      // A Node that counts no calls leaves the bundle whole.
      const isLazy = node.type === "FunctionDeclaration" && called.size > 0 && !called.has(node.start);
      const isMovable = isLazy || (name !== undefined && called.size > 0);
      pieces.push({
        name,
        names,
        used,
        assigned,
        isLazy,
        isMovable,
        code: isVariable ? `var ${code};` : code,
      });
    }
  }
  return pieces;
}

/** Smaller functions stay, if that brings nothing else along: to call them in the other part is text, too. */
const SMALL = 600;

/** The pieces that stay: those reached from statements without passing through a function that was not called. */
function piecesThatStay(pieces) {
  const owner = new Map();
  for (const piece of pieces) for (const name of piece.names) owner.set(name, piece);
  const changing = new Set();
  for (const piece of pieces) for (const name of piece.assigned) if (owner.has(name)) changing.add(name);
  const stays = new Set();
  const isHere = (name) => stays.has(owner.get(name));
  const reach = (piece) => {
    if (stays.has(piece)) return;
    stays.add(piece);
    for (const name of piece.used) if (owner.has(name) && !owner.get(name).isLazy) reach(owner.get(name));
  };
  for (const piece of pieces) if (!piece.isMovable) reach(piece);
  for (let size = -1; size !== stays.size; ) {
    size = stays.size;
    const wanted = new Set([...stays].flatMap((piece) => [...piece.used]));
    for (const piece of pieces) {
      const names = [...piece.used].filter((name) => owner.has(name) && name !== piece.name);
      const isSmall = piece.code.length < SMALL && wanted.has(piece.name);
      if (
        names.some((name) => changing.has(name) && isHere(name)) ||
        (isSmall && names.every((name) => isHere(name) || wanted.has(name)))
      )
        reach(piece);
    }
  }
  return { stays, owner };
}

/**
 * The two parts as texts. The first calls a function `loader` with the values that the second needs, when it needs
 * something of it for the first time; what the second exports is a function of them that gives its own.
 */
export function splitBundle(text, called, loader) {
  const pieces = piecesOf(text, called);
  const { stays, owner } = piecesThatStay(pieces);
  for (const name of ["rest", "theRest", loader])
    if (owner.has(name)) throw new Error(`the bundle has a ${name} of its own, which its division needs`);
  const given = new Set();
  const wanted = new Map();
  const first = [];
  const second = [];
  for (const piece of pieces) {
    const here = stays.has(piece);
    (here ? first : second).push(piece.code);
    for (const name of piece.used) {
      if (!owner.has(name) || here === stays.has(owner.get(name))) continue;
      if (!here) given.add(name);
      else if (!wanted.has(name)) wanted.set(name, wanted.size);
    }
  }
  for (const [name, place] of wanted)
    first.push(`function ${name}(...given) { return theRest()[${place}](...given); }`);
  first.unshift("var rest;");
  first.push(`function theRest() { return rest ??= ${loader}([${[...given].join(", ")}]); }`);
  second.push(`return [${[...wanted.keys()].join(", ")}];`);
  return {
    first: first.join("\n"),
    second: `"use strict";\nmodule.exports = function([${[...given].join(", ")}]) {\n${second.join("\n")}\n};`,
  };
}
