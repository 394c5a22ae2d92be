#! -march=rv64gc -mabi=lp64d
# sections: .debug_line
# .file and .loc with every option, in two sections and a subsection; a row too far away for 16 bits.
	.file "main.c"
	.file 1 "src/main.c"
	.file 2 "/usr/include/inline.h"
	.file 3 "src/other.c"
	.text
	.loc 1 10 3
	addi a0, a0, 1
	.loc 1 11 5 is_stmt 0
	.loc 2 400 1 prologue_end discriminator 300
	call f
	.loc 1 7 0 is_stmt 1 basic_block epilogue_begin isa 2
	ret
	.loc 3 8
	.skip 60000
	.loc 3 9
	ret
	.text 1
	.loc_mark_labels 1
	.loc 1 90
label:
	ret
	.loc_mark_labels 0
	.section .text.cold, "ax", @progbits
	.loc 1 2
	nop
#> .debug_line
# 0000 bf000000 03004500 00000101 fb0e0d00 01010101 00000001 00000173 7263002f
# 0020 7573722f 696e636c 75646500 006d6169 6e2e6300 01000069 6e6c696e 652e6800
# 0040 0200006f 74686572 2e630001 00000005 03000902 00000000 00000000 03090105
# 0060 05060301 09000001 04020501 000304ac 020a0385 03090000 01040105 000c0206
# 0080 070b03f7 7c090000 01040303 01000902 00000000 00000000 01030109 00000104
# 00a0 010703d1 00090000 01090000 0001010c 02000902 00000000 00000000 13090000
# 00c0 000101
# 0054 type 2 .L0 =0 + 0
# 0065 type 34 .L0 =2 + 0
# 0065 type 38 .L0 =0 + 0
# 0076 type 34 .L0 =2 + 0
# 0076 type 38 .L0 =2 + 0
# 0086 type 34 .L0 =10 + 0
# 0086 type 38 .L0 =2 + 0
# 0090 type 2 .L0 =60012 + 0
# 009c type 34 .L0 =60012 + 0
# 009c type 38 .L0 =60012 + 0
# 00a6 type 34 label=60014 + 0
# 00a6 type 38 .L0 =60012 + 0
# 00aa type 34 .L0 =60016 + 0
# 00aa type 38 label=60014 + 0
# 00b4 type 2 .L0 =0 + 0
# 00be type 34 .L0 =2 + 0
# 00be type 38 .L0 =0 + 0
