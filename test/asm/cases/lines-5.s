#! -march=rv32gc -mabi=ilp32d
# sections: .debug_line .debug_line_str
# DWARF 5: file 0, folders and digests.
	.file 0 "/home/me" "main.c" md5 0x00112233445566778899aabbccddeeff
	.file 1 "/home/me" "main.c" md5 0x00112233445566778899aabbccddeeff
	.file 2 "include" "x.h" md5 0x102132435465768798a9bacbdcedfe0f
	.text
	.loc 0 1
	nop
	.loc 2 2 2
	nop
#> .debug_line
# 0000 87000000 05000400 65000000 010101fb 0e0d0001 01010100 00000100 00010101
# 0020 1f020000 00000000 00000301 1f020f05 1e030000 000000ff eeddccbb aa998877
# 0040 66554433 22110000 00000000 ffeeddcc bbaa9988 77665544 33221100 00000000
# 0060 010ffeed dccbbaa9 98877665 54433221 10040000 05020000 00000104 02050203
# 0080 01090000 01090000 000101
# 0022 type 1 .L0 =0 + 0
# 0026 type 1 .L0 =9 + 0
# 0032 type 1 .L0 =17 + 0
# 0047 type 1 .L0 =24 + 0
# 005c type 1 .L0 =31 + 0
# 0076 type 1 .L0 =0 + 0
# 0082 type 34 .L0 =2 + 0
# 0082 type 38 .L0 =0 + 0
# 0086 type 34 .L0 =4 + 0
# 0086 type 38 .L0 =2 + 0
#> .debug_line_str
# 0000 2f686f6d 652f6d65 00696e63 6c756465 006d6169 6e2e6300 6d61696e 2e630078
# 0020 2e6800
