#! -march=rv32imac -mabi=ilp32 --gdwarf-cie-version=4
# sections: .eh_frame .debug_frame
# Both kinds of sections, of 32 bits; functions that share a CIE and one that does not.
	.cfi_sections .eh_frame, .debug_frame
	.text
f:
	.cfi_startproc
	.cfi_def_cfa_offset 16
	c.nop
	.cfi_def_cfa_offset 0
	.cfi_endproc
g:
	.cfi_startproc
	.cfi_def_cfa_offset 16
	la a0, f
	.cfi_offset x1, -4
	.cfi_endproc
h:
	.cfi_startproc
	.cfi_def_cfa_offset 20
	.cfi_endproc
#> .eh_frame
# 0000 14000000 00000000 047a5200 0800017c 01011b0d 020e1000 10000000 1c000000
# 0020 00000000 00000000 00420e00 10000000 30000000 00000000 00000000 00488101
# 0040 14000000 00000000 047a5200 0800017c 01011b0d 020e1400 10000000 1c000000
# 0060 00000000 00000000 00000000
# 0020 type 57 .L0 =0 + 0
# 0024 type 35 .L0 =2 + 0
# 0024 type 39 .L0 =0 + 0
# 0034 type 57 .L0 =2 + 0
# 0038 type 35 .L0 =10 + 0
# 0038 type 39 .L0 =2 + 0
# 003d type 53 .L0 =10 + 0
# 003d type 52 .L0 =2 + 0
# 0060 type 57 .L0 =10 + 0
# 0064 type 35 .L0 =10 + 0
# 0064 type 39 .L0 =10 + 0
#> .debug_frame
# 0000 10000000 ffffffff 04000800 017c010d 020e1000 10000000 00000000 00000000
# 0020 00000000 420e0000 10000000 00000000 00000000 00000000 48810100 10000000
# 0040 ffffffff 04000800 017c010d 020e1400 0c000000 00000000 00000000 00000000
# 0018 type 1 .L0 =0 + 0
# 001c type 1 .L0 =0 + 0
# 0020 type 35 .L0 =2 + 0
# 0020 type 39 .L0 =0 + 0
# 002c type 1 .L0 =0 + 0
# 0030 type 1 .L0 =2 + 0
# 0034 type 35 .L0 =10 + 0
# 0034 type 39 .L0 =2 + 0
# 0038 type 53 .L0 =10 + 0
# 0038 type 52 .L0 =2 + 0
# 0054 type 1 .L0 =60 + 0
# 0058 type 1 .L0 =10 + 0
# 005c type 35 .L0 =10 + 0
# 005c type 39 .L0 =10 + 0
