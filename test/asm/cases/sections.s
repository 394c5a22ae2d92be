#! -march=rv64gc -mabi=lp64d
# sections: .text .text.hot .rodata.str1.1 .init_array .other .comment
	.text
	nop
	.section .text.hot,"ax",@progbits
	nop
	.previous
	ret
	.pushsection .other,"aw"
	.byte 1
	.pushsection .rodata.str1.1,"aMS",@progbits,1
	.string "merged"
	.popsection
	.byte 2
	.popsection
	ebreak
	.text 2
	.word 2
	.text 1
	.word 1
	.subsection 0
	.word 0
	.section .init_array,"aw",@init_array
	.dword start
	.section .grouped,"axG",@progbits,signature,comdat
signature:
start:
	nop
	.section .unique,"a",@progbits,unique,1
	.byte 1
	.section .unique,"a",@progbits,unique,2
	.byte 2
	.bss
	.skip 8
	.comm shared,16,8
	.local mine
	.comm mine,4,4
	.lcomm ours,8
	.struct 4
field:	.skip 4
next:
	.data
	.byte field, next
	.ident "one"
	.ident "two"
#> .text
# 0000 01008280 02900000 00000100 00000200 0000
#> .text.hot
# 0000 0100
#> .other
# 0000 0102
#> .rodata.str1.1
# 0000 6d657267 656400
#> .init_array
# 0000 00000000 00000000
# 0000 type 2 start=0 + 0
#> .comment
# 0000 006f6e65 0074776f 00
