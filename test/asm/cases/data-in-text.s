#! -march=rv64gc -mabi=lp64d -R --compress-debug-sections
# sections: .text .data
# With -R data stands behind the code; sections for debuggers that shrink are compressed.
	.data
x:	.word 1
	.text
	.func f, f
f:	nop
	.endfunc
	.tls_common v, 8, 8
	.data 3
y:	.word x
	.byte 7
	.section .debug_abbrev,"",@progbits
	.rept 64
	.word 0
	.endr
#> .text
# 0000 01000100 00000000 00000700
# 0006 type 1 x=2 + 0
#> .data
