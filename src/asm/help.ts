const GENERIC = `Usage: as [option...] [asmfile...]
Options:
  -a[sub-option...]	  turn on listings
                      	  Sub-options [default hls]:
                      	  c      omit false conditionals
                      	  d      omit debugging directives
                      	  g      include general info
                      	  h      include high-level source
                      	  l      include assembly
                      	  m      include macro expansions
                      	  n      omit forms processing
                      	  s      include symbols
                      	  =FILE  list to FILE (must be last sub-option)
  --alternate             begin with .altmacro
  -D NAME[=VALUE]         preprocess the sources, with NAME defined
  --debug-prefix-map OLD=NEW
                          call OLD NEW in debug information
  --defsym SYM=VAL        define the symbol SYM
  --elf-stt-common=[no|yes]
                          give common symbols the type STT_COMMON
  --execstack, --noexecstack
                          whether the stack must be executable
  --fatal-warnings        treat warnings as errors
  -g --gen-debug          describe the source's lines in debug information
  --gdwarf-<N>            the same, in DWARF N: 2 to 5
  --gdwarf-cie-version=<N>
                          version of call frame information: 1, 3 or 4
  --help                  this text
  -I DIR                  look for files of .include and .incbin in DIR
  -L,--keep-locals        keep symbols that begin with .L
  --MD FILE               write the names of all files read to FILE
  -o OBJFILE              name of the object, default a.out
  --size-check=[error|warning]
                          what a .size that is not constant is
  --strip-local-absolute  leave local absolute symbols out
  -U NAME                 preprocess the sources, with NAME undefined
  --version               print the version
  -W  --no-warn           no warnings
  -Z                      write the object even after errors
  --listing-lhs-width, --listing-lhs-width2, --listing-rhs-width,
  --listing-cont-lines    columns and lines of listings
  @FILE                   read options from FILE
`;

const TARGET = `RISC-V options:
  -fpic or -fPIC              generate position-independent code
  -fno-pic                    don't generate position-independent code (default)
  -march=ISA                  set the RISC-V architecture
  -misa-spec=ISAspec          set the RISC-V ISA spec (2.2, 20190608, 20191213)
  -mpriv-spec=PRIVspec        set the RISC-V privilege spec (1.9.1, 1.10, 1.11, 1.12)
  -mabi=ABI                   set the RISC-V ABI
  -mrelax                     enable relax (default)
  -mno-relax                  disable relax
  -march-attr                 generate RISC-V arch attribute
  -mno-arch-attr              don't generate RISC-V arch attribute
  -mcsr-check                 enable the csr ISA and privilege spec version checks
  -mno-csr-check              disable the csr ISA and privilege spec version checks (default)
`;

/** What --help and --target-help print. */
export function helpText(which: "help" | "target-help" | "version"): string {
  return which === "target-help" ? TARGET : GENERIC + TARGET;
}
