#! -march=rv64gc -mabi=lp64d
# sections: .eh_frame
# A table that a compiler wrote as data: its advances are shortened.
	.text
.LFB0:
	c.nop
.LCFI0:
	call g
.LCFI1:
	.skip 100
	la a0, g
.LCFI2:
	.skip 66000
	la a0, g
.LCFI3:
	ret
.LFE0:
	.section .eh_frame, "a", @progbits
.Lframe:
	.4byte .LECIE - .LSCIE
.LSCIE:
	.4byte 0
	.byte 1
	.string "zR"
	.byte 1
	.byte 0x7c
	.byte 1
	.byte 1
	.byte 0x1b
	.byte 0xc, 2, 0
	.balign 8
.LECIE:
	.4byte .LEFDE - .LASFDE
.LASFDE:
	.4byte .LASFDE - .Lframe
	.4byte .LFB0 - .
	.4byte .LFE0 - .LFB0
	.byte 0
	.byte 4
	.4byte .LCFI0 - .LFB0
	.byte 0xe, 32
	.byte 4
	.4byte .LCFI1 - .LCFI0
	.byte 0xe, 16
	.byte 4
	.4byte .LCFI2 - .LCFI1
	.byte 0xe, 48
	.byte 4
	.4byte .LCFI3 - .LCFI2
	.byte 0xe, 0
	.balign 8
.LEFDE:
#> .eh_frame
# 0000 14000000 00000000 017a5200 017c0101 1b0c0200 00000000 24000000 1c000000
# 0020 00000000 00000000 00420e20 480e1002 6c0e3004 d8010100 0e000000 00000000
# 0020 type 57 .LFB0=0 + 0
# 0024 type 35 .LFE0=66128 + 0
# 0024 type 39 .LFB0=0 + 0
# 0029 type 53 .LCFI0=2 + 0
# 0029 type 52 .LFB0=0 + 0
# 002c type 53 .LCFI1=10 + 0
# 002c type 52 .LCFI0=2 + 0
# 0030 type 54 .LCFI2=118 + 0
# 0030 type 37 .LCFI1=10 + 0
# 0034 type 56 .LCFI3=66126 + 0
# 0034 type 39 .LCFI2=118 + 0
