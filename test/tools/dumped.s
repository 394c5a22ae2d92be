	.file	"dumped.s"
	.option	nopic
	.attribute arch, "rv32imac_zicsr"
	.text
	.globl	main
	.type	main, @function
main:
	addi	sp,sp,-16
	sw	ra,12(sp)
	lui	a5,%hi(counter)
	lw	a0,%lo(counter)(a5)
	beqz	a0,.Ldone
	call	helper
	csrrs	a1,mstatus,zero
	amoadd.w	a0,a1,(a5)
.Ldone:
	lw	ra,12(sp)
	addi	sp,sp,16
	ret
	.size	main, .-main
	.local	helper
	.type	helper, @function
helper:
	mul	a0,a0,a0
	ret
	.size	helper, .-helper
	.section	.rodata.str1.4,"aMS",@progbits,1
text:	.string	"some text"
	.data
	.globl	counter
	.type	counter, @object
	.size	counter, 4
counter:	.word	main+4
	.weak	_ZN1n1fEi
	.word	_ZN1n1fEi
	.comm	common,8,4
	.section	.note.x,"a",@note
	.word	4, 4, 1
	.string	"XYZ"
	.word	7
	.section	.text.unlikely,"ax",@progbits
	.zero	24
	.word	0xffffffff
