import type { InstructionGroup } from "../instruction.ts";

/** Scalar cryptography: AES, SHA-2, SM4, SM3. */
// biome-ignore format: a row is a line
export const zk: readonly InstructionGroup[] = [
  {
    needs: "Zknd",
    xlen: 32,
    section: "Zknd: NIST Suite: AES Decryption",
    rows: [
      ["aes32dsi", "R", 0x2a000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; rd = rs1 ^ (aes_inverse_sbox(rs2 >>u n) << n)", "One byte of the last round of decryption."],
      ["aes32dsmi", "R", 0x2e000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; s = aes_inverse_sbox(rs2 >>u n); m = (gf_mul(s, 11) << 24) | (gf_mul(s, 13) << 16) | (gf_mul(s, 9) << 8) | gf_mul(s, 14); rd = rs1 ^ ((m << n) | (m >>u (32 - n)))", "One byte of a middle round of decryption."],
    ],
  },
  {
    needs: "Zknd",
    xlen: 64,
    section: "Zknd: NIST Suite: AES Decryption",
    rows: [
      ["aes64ds", "R", 0x3a000033, 0xfe00707f, "rd, rs1, rs2", "rd = aes64_decrypt_last(rs1, rs2)", "Half of the last round of decryption."],
      ["aes64dsm", "R", 0x3e000033, 0xfe00707f, "rd, rs1, rs2", "rd = aes64_decrypt_middle(rs1, rs2)", "Half of a middle round of decryption."],
      ["aes64im", "I", 0x30001013, 0xfff0707f, "rd, rs1", "rd = aes64_inverse_mix(rs1)", "Mixes the columns of a round key backwards, for decryption."],
    ],
  },
  {
    needs: "Zknd|Zkne",
    xlen: 64,
    section: "Zknd: NIST Suite: AES Decryption",
    rows: [
      ["aes64ks1i", "I", 0x31001013, 0xff00707f, "rd, rs1, rnum!11!12!13!14!15", "rd = aes64_key_schedule(rs1, rnum)", "The part of the key schedule with S-box, rotation and round constant.", { overlaps: ["aes64ks1i"] }],
      ["aes64ks1i", "I", 0x31001013, 0xff00707f, "rd, rs1, rnum", "trap(illegal)", "Is reserved: there are no more than 11 rounds.", { unwritten: true }],
      ["aes64ks2", "R", 0x7e000033, 0xfe00707f, "rd, rs1, rs2", "w = zext32((rs1 >>u 32) ^ rs2); rd = ((w ^ (rs2 >>u 32)) << 32) | w", "The part of the key schedule without S-box."],
    ],
  },
  {
    needs: "Zkne",
    xlen: 32,
    section: "Zkne: NIST Suite: AES Encryption",
    rows: [
      ["aes32esi", "R", 0x22000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; rd = rs1 ^ (aes_sbox(rs2 >>u n) << n)", "One byte of the last round of encryption."],
      ["aes32esmi", "R", 0x26000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; s = aes_sbox(rs2 >>u n); m = (gf_mul(s, 3) << 24) | (s << 16) | (s << 8) | gf_mul(s, 2); rd = rs1 ^ ((m << n) | (m >>u (32 - n)))", "One byte of a middle round of encryption."],
    ],
  },
  {
    needs: "Zkne",
    xlen: 64,
    section: "Zkne: NIST Suite: AES Encryption",
    rows: [
      ["aes64es", "R", 0x32000033, 0xfe00707f, "rd, rs1, rs2", "rd = aes64_encrypt_last(rs1, rs2)", "Half of the last round of encryption."],
      ["aes64esm", "R", 0x36000033, 0xfe00707f, "rd, rs1, rs2", "rd = aes64_encrypt_middle(rs1, rs2)", "Half of a middle round of encryption."],
    ],
  },
  {
    needs: "Zknh",
    section: "Zknh: NIST Suite: Hash Functions",
    rows: [
      ["sha256sig0", "I", 0x10201013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32((x >>u 7) ^ (x << 25) ^ (x >>u 18) ^ (x << 14) ^ (x >>u 3))", "The function sigma 0 of SHA-256."],
      ["sha256sig1", "I", 0x10301013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32((x >>u 17) ^ (x << 15) ^ (x >>u 19) ^ (x << 13) ^ (x >>u 10))", "The function sigma 1 of SHA-256."],
      ["sha256sum0", "I", 0x10001013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32((x >>u 2) ^ (x << 30) ^ (x >>u 13) ^ (x << 19) ^ (x >>u 22) ^ (x << 10))", "The function sum 0 of SHA-256."],
      ["sha256sum1", "I", 0x10101013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32((x >>u 6) ^ (x << 26) ^ (x >>u 11) ^ (x << 21) ^ (x >>u 25) ^ (x << 7))", "The function sum 1 of SHA-256."],
    ],
  },
  {
    needs: "Zknh",
    xlen: 32,
    section: "Zknh: NIST Suite: Hash Functions",
    rows: [
      ["sha512sig0h", "R", 0x5c000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 >>u 1) ^ (rs1 >>u 7) ^ (rs1 >>u 8) ^ (rs2 << 31) ^ (rs2 << 24)", "The function sigma 0 of SHA-512, upper half."],
      ["sha512sig0l", "R", 0x54000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 >>u 1) ^ (rs1 >>u 7) ^ (rs1 >>u 8) ^ (rs2 << 31) ^ (rs2 << 25) ^ (rs2 << 24)", "The function sigma 0 of SHA-512, lower half."],
      ["sha512sig1h", "R", 0x5e000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 3) ^ (rs1 >>u 6) ^ (rs1 >>u 19) ^ (rs2 >>u 29) ^ (rs2 << 13)", "The function sigma 1 of SHA-512, upper half."],
      ["sha512sig1l", "R", 0x56000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 3) ^ (rs1 >>u 6) ^ (rs1 >>u 19) ^ (rs2 >>u 29) ^ (rs2 << 26) ^ (rs2 << 13)", "The function sigma 1 of SHA-512, lower half."],
      ["sha512sum0r", "R", 0x50000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 25) ^ (rs1 << 30) ^ (rs1 >>u 28) ^ (rs2 >>u 7) ^ (rs2 >>u 2) ^ (rs2 << 4)", "The function sum 0 of SHA-512, one half."],
      ["sha512sum1r", "R", 0x52000033, 0xfe00707f, "rd, rs1, rs2", "rd = (rs1 << 23) ^ (rs1 >>u 14) ^ (rs1 >>u 18) ^ (rs2 >>u 9) ^ (rs2 << 18) ^ (rs2 << 14)", "The function sum 1 of SHA-512, one half."],
    ],
  },
  {
    needs: "Zknh",
    xlen: 64,
    section: "Zknh: NIST Suite: Hash Functions",
    rows: [
      ["sha512sig0", "I", 0x10601013, 0xfff0707f, "rd, rs1", "x = rs1; rd = (x >>u 1) ^ (x << 63) ^ (x >>u 8) ^ (x << 56) ^ (x >>u 7)", "The function sigma 0 of SHA-512."],
      ["sha512sig1", "I", 0x10701013, 0xfff0707f, "rd, rs1", "x = rs1; rd = (x >>u 19) ^ (x << 45) ^ (x >>u 61) ^ (x << 3) ^ (x >>u 6)", "The function sigma 1 of SHA-512."],
      ["sha512sum0", "I", 0x10401013, 0xfff0707f, "rd, rs1", "x = rs1; rd = (x >>u 28) ^ (x << 36) ^ (x >>u 34) ^ (x << 30) ^ (x >>u 39) ^ (x << 25)", "The function sum 0 of SHA-512."],
      ["sha512sum1", "I", 0x10501013, 0xfff0707f, "rd, rs1", "x = rs1; rd = (x >>u 14) ^ (x << 50) ^ (x >>u 18) ^ (x << 46) ^ (x >>u 41) ^ (x << 23)", "The function sum 1 of SHA-512."],
    ],
  },
  {
    needs: "Zksed",
    section: "Zksed: ShangMi Suite: SM4 Block Cipher",
    rows: [
      ["sm4ed", "R", 0x30000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; x = sm4_sbox(rs2 >>u n); y = x ^ (x << 8) ^ (x << 2) ^ (x << 18) ^ ((x & 0x3f) << 26) ^ ((x & 0xc0) << 10); z = zext32(y); rd = sext32(rs1 ^ ((z << n) | (z >>u (32 - n))))", "One byte of a round of SM4."],
      ["sm4ks", "R", 0x34000033, 0x3e00707f, "rd, rs1, rs2, bs", "n = bs << 3; x = sm4_sbox(rs2 >>u n); y = x ^ ((x & 7) << 29) ^ ((x & 0xfe) << 7) ^ ((x & 1) << 23) ^ ((x & 0xf8) << 13); z = zext32(y); rd = sext32(rs1 ^ ((z << n) | (z >>u (32 - n))))", "One byte of the key schedule of SM4."],
    ],
  },
  {
    needs: "Zksh",
    section: "Zksh: ShangMi Suite: SM3 Hash Function",
    rows: [
      ["sm3p0", "I", 0x10801013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32(x ^ (x << 9) ^ (x >>u 23) ^ (x << 17) ^ (x >>u 15))", "The permutation P0 of SM3."],
      ["sm3p1", "I", 0x10901013, 0xfff0707f, "rd, rs1", "x = zext32(rs1); rd = sext32(x ^ (x << 15) ^ (x >>u 17) ^ (x << 23) ^ (x >>u 9))", "The permutation P1 of SM3."],
    ],
  },
];
