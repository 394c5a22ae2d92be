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
	.byte 3
	.balignw 8,0x1234
	.p2align 4,,4
	.byte 4
	.org 64
end:
