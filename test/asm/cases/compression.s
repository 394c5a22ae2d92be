#! -march=rv64gc -mabi=lp64d
# sections: .text
# Each line has a short form on one side of a limit, and none on the other.
	addi a0,a0,31
	addi a0,a0,32
	addi a0,a0,-32
	addi sp,sp,496
	addi sp,sp,512
	addi a0,sp,1020
	addi a0,sp,1024
	addi t0,sp,4
	lw a0,124(a1)
	lw a0,128(a1)
	lw t0,4(a1)
	ld s0,248(s1)
	ld s0,256(s1)
	lw t0,252(sp)
	sd ra,504(sp)
	sd ra,512(sp)
	fld fa0,248(a0)
	li a0,31
	li a0,32
	lui a0,31
	lui a0,32
	lui sp,1
	mv a0,a1
	mv a0,zero
	add a0,a0,a1
	add a0,a1,a0
	sub s0,s0,s1
	sub s0,s1,s0
	slli a0,a0,63
	srai s0,s0,1
	andi s0,s0,-32
	andi s0,s0,-33
	jr ra
	jalr t0
	ebreak
	nop
	.option norvc
	addi a0,a0,1
	nop
	.option rvc
	addi a0,a0,1
	.option push
	.option arch, -c
	ret
	.option pop
	ret
#> .text
# 0000 7d051305 05020115 7d611301 0120e81f 13050140 93024100 e85d03a5 050883a2
# 0020 4500e07c 03b40410 fe5286ff 23301120 683d7d45 13050002 7d653705 02003711
# 0040 00002e85 13050000 2e952e95 058c3384 84407e15 05840198 1374f4fd 82808292
# 0060 02900100 13051500 13000000 05056780 00008280
