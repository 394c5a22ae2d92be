#! -march=rv64i -mabi=lp64 -mno-relax
# sections: .eh_frame
# Two labels at one address, with an alignment between them that takes no room.
	.text
f:
	.cfi_startproc
	.p2align 3
	.cfi_def_cfa_offset 16
	nop
	nop
	.cfi_offset ra, -8
	.p2align 3
	.cfi_offset s0, -16
	ret
	.cfi_endproc
#> .eh_frame
# 0000 10000000 00000000 037a5200 017c0101 1b0d0200 18000000 18000000 00000000
# 0020 00000000 000e1048 81028804 00000000
# 001c type 57 .L0 =0 + 0
# 0020 type 35 .L0 =12 + 0
# 0020 type 39 .L0 =0 + 0
