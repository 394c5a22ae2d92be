/**
 * The stable codes of what this folder reports: LD01xx about the text of a
 * script, LD02xx about the value of an expression. A code is never reused.
 */
export const codes = {
  syntaxError: "LD0101",
  unclosedComment: "LD0102",
  invalidCharacter: "LD0103",
  unclosedQuote: "LD0104",
  includeNotFound: "LD0105",
  includeTooDeep: "LD0106",
  unknownPhdrType: "LD0107",
  unknownPhdrAttribute: "LD0108",
  tooComplex: "LD0109",
  unknownLanguage: "LD0110",
  commaInPattern: "LD0111",
  anonymousVersion: "LD0112",
  duplicateVersion: "LD0113",
  invalidMemoryAttribute: "LD0114",
  assignmentInName: "LD0115",
  unknownVersion: "LD0116",
  provideDot: "LD0117",
  unknownSectionFlag: "LD0118",

  assertionFailed: "LD0201",
  divisionByZero: "LD0202",
  bothRelative: "LD0203",
  badAlignment: "LD0204",
  unresolvableSymbol: "LD0205",
  undefinedSymbol: "LD0206",
  undefinedSection: "LD0207",
  undefinedRegion: "LD0208",
  unknownConstant: "LD0209",
  notAvailable: "LD0210",
} as const;
