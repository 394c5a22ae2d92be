#! -march=rv64gc -mabi=lp64d
# sections: .text .data
# In code the linker aligns, and has as many do-nothing instructions as it may need.
	nop
	.align 3
	nop
	.balign 16
	nop
	.p2align 4,,3
	nop
	.p2align 3,0xff
	.option norelax
	nop
	.align 3
	nop
	.data
	.byte 1
	.align 2
	.byte 2
	.balign 8,0xaa
	.half 3
	.balignw 8,0x1234
	.p2align 4,,4
	.byte 4
	.org 64
end:
#> .text
# 0000 01000100 13000000 01000100 13000000 13000000 13000000 01000100 13000000
# 0020 13000000 13000000 0100ffff ffffffff 01000100 13000000 01000100 13000000
# 0002 type 43 section=0 + 6
# 000a type 43 section=0 + 14
# 001a type 43 section=0 + 14
#> .data
# 0000 01000000 02aaaaaa 03003412 34123412 04000000 00000000 00000000 00000000
# 0020 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
