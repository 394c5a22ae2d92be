#! -march=rv64gc -mabi=lp64d --gdwarf-2
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
	.if 2 > 2
	.section .text.cold, "ax", @progbits
	.endif
	nop
#> .debug_info
# 0000 57000000 02000000 00000801 00000000 00000000 00000000 00000000 00000000
# 0020 00000000 00000000 00000000 01800200 00000001 00000000 00000000 00000000
# 0040 00000000 02000000 00000000 00000000 00000000 00000000 000000
# 0006 type 1 section=0 + 0
# 000c type 1 section=0 + 0
# 0010 type 2 .L0 =0 + 0
# 0018 type 2 .L0 =18 + 0
# 0020 type 1 .L0 =0 + 0
# 0024 type 1 .L0 =10 + 0
# 0028 type 1 .L0 =19 + 0
# 002f type 1 .L0 =31 + 0
# 0034 type 2 main=0 + 0
# 003c type 2 main=0 + 14
# 0045 type 1 .L0 =36 + 0
# 004a type 2 helper=14 + 0
# 0052 type 2 helper=14 + 2
#> .debug_abbrev
# 0000 01110110 06110112 01030e1b 0e250e13 05000002 2e00030e 3f0c1101 12010000
# 0020 00
#> .debug_aranges
# 0000 2c000000 02000000 00000800 00000000 00000000 00000000 00000000 00000000
# 0020 00000000 00000000 00000000 00000000
# 0006 type 1 section=0 + 0
# 0010 type 2 .L0 =0 + 0
# 0018 type 36 .L0 =18 + 0
# 0018 type 40 .L0 =0 + 0
