#! -march=rv64gc -mabi=lp64d --gdwarf-4
# sections: .debug_info .debug_abbrev .debug_aranges .debug_ranges .debug_rnglists
# -g for a source written by hand: a macro, two sections, functions with and without sizes.
	.macro twice name
	addi \name, \name, 1
	addi \name, \name, 1
	.endm
	.text
	.globl main
	.type main, @function
main:
	twice a0
	call helper
	ret
	.size main, . - main
	.type helper, @function
helper:
	ret
	.size helper, 2
	.type nosize, @function
nosize:
	.if 4 > 2
	.section .text.cold, "ax", @progbits
	.endif
	nop
#> .debug_info
# 0000 40000000 04000000 00000801 00000000 00000000 00000000 00000000 00000000
# 0020 01800200 00000001 42000000 00000000 000e0200 00000000 42000000 00000000
# 0040 00020300
# 0006 type 1 section=0 + 0
# 000c type 1 section=0 + 0
# 0010 type 1 .L0 =0 + 0
# 0014 type 1 .L0 =0 + 0
# 0018 type 1 .L0 =10 + 0
# 001c type 1 .L0 =19 + 0
# 0023 type 1 .L0 =31 + 0
# 0029 type 2 main=0 + 0
# 0033 type 1 .L0 =36 + 0
# 0039 type 2 helper=14 + 0
#> .debug_abbrev
# 0000 01110110 17551703 0e1b0e25 0e130500 00022e00 030e3f0c 49151101 120f0000
# 0020 033b0000 0000
#> .debug_aranges
# 0000 3c000000 02000000 00000800 00000000 00000000 00000000 00000000 00000000
# 0020 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
# 0006 type 1 section=0 + 0
# 0010 type 2 .L0 =0 + 0
# 0018 type 36 .L0 =16 + 0
# 0018 type 40 .L0 =0 + 0
# 0020 type 2 .L0 =0 + 0
# 0028 type 36 .L0 =2 + 0
# 0028 type 40 .L0 =0 + 0
#> .debug_ranges
# 0000 ffffffff ffffffff 00000000 00000000 00000000 00000000 00000000 00000000
# 0020 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
# 0010 type 2 .L0 =0 + 0
# 0018 type 2 .L0 =16 + 0
# 0020 type 2 .L0 =0 + 0
# 0028 type 2 .L0 =2 + 0
