#! -march=rv32gc -mabi=ilp32d
# sections: .eh_frame
# GNU as begins a fragment where its memory is full, and then an advance has relocations.
	.text
f:
	.cfi_startproc
	.rept 1962
	c.nop
	.endr
	.cfi_def_cfa_offset 16
	c.nop
	c.nop
	.cfi_def_cfa_offset 32
	c.nop
	.cfi_def_cfa_offset 48
	.cfi_endproc
#> .eh_frame
# 0000 10000000 00000000 037a5200 017c0101 1b0d0200 18000000 18000000 00000000
# 0020 00000000 0003540f 0e10440e 20420e30
# 001c type 57 .L0 =0 + 0
# 0020 type 35 .L0 =3930 + 0
# 0020 type 39 .L0 =0 + 0
# 002d type 53 .L0 =3930 + 0
# 002d type 52 .L0 =3928 + 0
