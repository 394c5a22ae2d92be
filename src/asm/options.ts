/** What the command line says; the defaults are those of GNU as for riscv64-unknown-elf. */
export interface AssembleOptions {
  /** -march. */
  readonly march?: string;
  /** -mabi: ilp32, lp64d, … */
  readonly mabi?: string;
  /** -misa-spec: 2.2, 20190608 or 20191213. */
  readonly isaSpec?: string;
  /** -mpriv-spec. */
  readonly privSpec?: string;
  /** -mrelax, the default: allow the linker to shorten instructions. */
  readonly relax?: boolean;
  /** -march-attr, the default: write .riscv.attributes. */
  readonly archAttributes?: boolean;
  readonly csrCheck?: boolean;
  /** -fpic. */
  readonly pic?: boolean;
  /** Where .include and .incbin look, after the current folder. */
  readonly includes?: readonly string[];
  /** --defsym. */
  readonly defines?: readonly { readonly name: string; readonly value: bigint }[];
  /** -L. */
  readonly keepLocals?: boolean;
  /** --fatal-warnings. */
  readonly fatalWarnings?: boolean;
  /** -W. */
  readonly noWarnings?: boolean;
  /** -Z: write the object in spite of errors. */
  readonly always?: boolean;
  /** --alternate. */
  readonly alternate?: boolean;
  /** -g: line numbers of the assembly source itself. */
  readonly debug?: boolean;
  /** --gdwarf-N; 5 if not given. */
  readonly dwarf?: number;
  /** --traditional-format: call frames that the source writes as data stay as they are. */
  readonly traditionalFormat?: boolean;
  /** --gdwarf-cie-version; 3 for RISC-V. */
  readonly cieVersion?: number;
  /** The folder that DW_AT_comp_dir names. */
  readonly currentDirectory?: string;
  /** --debug-prefix-map. */
  readonly prefixMap?: readonly { readonly from: string; readonly to: string }[];
  /** Keep `AssembledObject.listing`. */
  readonly listing?: boolean;
  /** --strip-local-absolute. */
  readonly stripLocalAbsolute?: boolean;
  /** --no-pad-sections: false. */
  readonly padSections?: boolean;
  /** --size-check=warning. */
  readonly sizeCheckWarns?: boolean;
  /** --elf-stt-common=yes. */
  readonly sttCommon?: boolean;
  /** -R: `.data` continues `.text`. */
  readonly dataInText?: boolean;
  /** --compress-debug-sections: with the section header's flag (gabi), or by name (gnu). */
  readonly compressDebug?: "gabi" | "gnu";
  /** A zlib stream; where there is none, ours is taken. */
  readonly deflate?: (bytes: Uint8Array) => Uint8Array;
  /** --execstack true, --noexecstack false. */
  readonly execStack?: boolean;
}
