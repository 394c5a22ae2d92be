/** Causes of exceptions, as in mcause. */
export const cause = {
  fetchMisaligned: 0,
  fetchAccess: 1,
  illegal: 2,
  breakpoint: 3,
  loadMisaligned: 4,
  loadAccess: 5,
  storeMisaligned: 6,
  storeAccess: 7,
  userCall: 8,
  supervisorCall: 9,
  machineCall: 11,
  fetchPage: 12,
  loadPage: 13,
  storePage: 15,
} as const;

/** What an exception is called in messages, by its cause. */
export function causeName(code: number): string {
  const known = Object.entries(cause).find(([, number]) => number === code);
  return known ? causeNames[known[0] as keyof typeof cause] : `exception ${code}`;
}

const causeNames: Readonly<Record<keyof typeof cause, string>> = {
  fetchMisaligned: "jump to a misaligned address",
  fetchAccess: "no memory to run code from",
  illegal: "illegal instruction",
  breakpoint: "breakpoint (ebreak)",
  loadMisaligned: "misaligned load",
  loadAccess: "load from no memory",
  storeMisaligned: "misaligned store",
  storeAccess: "store to no memory",
  userCall: "ecall from user mode",
  supervisorCall: "ecall from supervisor mode",
  machineCall: "ecall from machine mode",
  fetchPage: "page fault at an instruction",
  loadPage: "page fault at a load",
  storePage: "page fault at a store",
};
