/** What -C and c++filt -s know; nm demangles by what a name looks like, whatever the style. */
export const demangleStyles: readonly string[] = ["none", "auto", "gnu-v3", "java", "gnat", "dlang", "rust"];
