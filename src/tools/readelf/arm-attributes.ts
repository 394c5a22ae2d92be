// The build attributes of "ABI for the Arm Architecture: Addenda", with the
// words that GNU readelf has for their values.

export interface ArmTag {
  readonly name: string;
  /** Words by value; a string; or shown by code of its own. */
  readonly values: readonly string[] | "string" | "special";
}

const allowed = ["Not Allowed", "Allowed"];
const needed = ["Unused", "Needed"];
const goals = (last: string) => [
  "None",
  "Prefer Speed",
  "Aggressive Speed",
  "Prefer Size",
  "Aggressive Size",
  `Prefer ${last}`,
  `Aggressive ${last}`,
];
const branchExtension = (what: string, none: string) => [
  none,
  `${what} instructions permitted in the NOP space`,
  `${what} instructions permitted in the NOP and in the non-NOP space`,
];

export const armTags: ReadonlyMap<number, ArmTag> = new Map<number, ArmTag>([
  [4, { name: "CPU_raw_name", values: "string" }],
  [5, { name: "CPU_name", values: "string" }],
  [
    6,
    {
      name: "CPU_arch",
      values:
        "Pre-v4 v4 v4T v5T v5TE v5TEJ v6 v6KZ v6T2 v6K v7 v6-M v6S-M v7E-M v8 v8-R v8-M.baseline v8-M.mainline v8.1-A v8.2-A v8.3-A v8.1-M.mainline v9".split(
          " ",
        ),
    },
  ],
  [7, { name: "CPU_arch_profile", values: "special" }],
  [8, { name: "ARM_ISA_use", values: ["No", "Yes"] }],
  [9, { name: "THUMB_ISA_use", values: ["No", "Thumb-1", "Thumb-2", "Yes"] }],
  [
    10,
    {
      name: "FP_arch",
      values: [
        "No",
        "VFPv1",
        "VFPv2",
        "VFPv3",
        "VFPv3-D16",
        "VFPv4",
        "VFPv4-D16",
        "FP for ARMv8",
        "FPv5/FP-D16 for ARMv8",
      ],
    },
  ],
  [11, { name: "WMMX_arch", values: ["No", "WMMXv1", "WMMXv2"] }],
  [
    12,
    {
      name: "Advanced_SIMD_arch",
      values: ["No", "NEONv1", "NEONv1 with Fused-MAC", "NEON for ARMv8", "NEON for ARMv8.1"],
    },
  ],
  [
    13,
    {
      name: "PCS_config",
      values: [
        "None",
        "Bare platform",
        "Linux application",
        "Linux DSO",
        "PalmOS 2004",
        "PalmOS (reserved)",
        "SymbianOS 2004",
        "SymbianOS (reserved)",
      ],
    },
  ],
  [14, { name: "ABI_PCS_R9_use", values: ["V6", "SB", "TLS", "Unused"] }],
  [15, { name: "ABI_PCS_RW_data", values: ["Absolute", "PC-relative", "SB-relative", "None"] }],
  [16, { name: "ABI_PCS_RO_data", values: ["Absolute", "PC-relative", "None"] }],
  [17, { name: "ABI_PCS_GOT_use", values: ["None", "direct", "GOT-indirect"] }],
  [18, { name: "ABI_PCS_wchar_t", values: ["None", "??? 1", "2", "??? 3", "4"] }],
  [19, { name: "ABI_FP_rounding", values: needed }],
  [20, { name: "ABI_FP_denormal", values: ["Unused", "Needed", "Sign only"] }],
  [21, { name: "ABI_FP_exceptions", values: needed }],
  [22, { name: "ABI_FP_user_exceptions", values: needed }],
  [23, { name: "ABI_FP_number_model", values: ["Unused", "Finite", "RTABI", "IEEE 754"] }],
  [24, { name: "ABI_align_needed", values: "special" }],
  [25, { name: "ABI_align_preserved", values: "special" }],
  [26, { name: "ABI_enum_size", values: ["Unused", "small", "int", "forced to int"] }],
  [27, { name: "ABI_HardFP_use", values: ["As Tag_FP_arch", "SP only", "Reserved", "Deprecated"] }],
  [28, { name: "ABI_VFP_args", values: ["AAPCS", "VFP registers", "custom", "compatible"] }],
  [29, { name: "ABI_WMMX_args", values: ["AAPCS", "WMMX registers", "custom"] }],
  [30, { name: "ABI_optimization_goals", values: goals("Debug") }],
  [31, { name: "ABI_FP_optimization_goals", values: goals("Accuracy") }],
  [32, { name: "compatibility", values: "special" }],
  [34, { name: "CPU_unaligned_access", values: ["None", "v6"] }],
  [36, { name: "FP_HP_extension", values: allowed }],
  [38, { name: "ABI_FP_16bit_format", values: ["None", "IEEE 754", "Alternative Format"] }],
  [42, { name: "MPextension_use", values: allowed }],
  [
    44,
    {
      name: "DIV_use",
      values: [
        "Allowed in Thumb-ISA, v7-R or v7-M",
        "Not allowed",
        "Allowed in v7-A with integer division extension",
      ],
    },
  ],
  [46, { name: "DSP_extension", values: ["Follow architecture", "Allowed"] }],
  [48, { name: "MVE_arch", values: ["No MVE", "MVE Integer only", "MVE Integer and FP"] }],
  [50, { name: "PAC_extension", values: branchExtension("PAC/AUT", "No PAC/AUT instructions") }],
  [52, { name: "BTI_extension", values: branchExtension("BTI", "BTI instructions not permitted") }],
  [64, { name: "nodefaults", values: "special" }],
  [65, { name: "also_compatible_with", values: "special" }],
  [66, { name: "T2EE_use", values: allowed }],
  [67, { name: "conformance", values: "string" }],
  [
    68,
    {
      name: "Virtualization_use",
      values: [
        "Not Allowed",
        "TrustZone",
        "Virtualization Extensions",
        "TrustZone and Virtualization Extensions",
      ],
    },
  ],
  [70, { name: "MPextension_use_legacy", values: allowed }],
  [
    74,
    {
      name: "BTI_use",
      values: ["Compiled without branch target enforcement", "Compiled with branch target enforcement"],
    },
  ],
  [
    76,
    {
      name: "PACRET_use",
      values: [
        "Compiled without return address signing and authentication",
        "Compiled with return address signing and authentication",
      ],
    },
  ],
]);
