#! -march=rv32gc -mabi=ilp32d
# void fill(unsigned char *from, unsigned count, unsigned char with)
	.text
	.globl fill
fill:
	add	a1, a0, a1		# one past the last byte
1:
	beq	a0, a1, 2f		# nothing left? (2, forwards)
	sb	a2, 0(a0)
	addi	a0, a0, 1
	j	1b			# once more (1, backwards)
2:
	ret

# Every comparison there is; what is missing is one of these turned around.
compare:
	bne	a0, a1, fill
	blt	a0, a1, fill
	bge	a0, a1, fill
	bltu	a0, a1, fill
	bgeu	a0, a1, fill
	bgt	a0, a1, fill		# blt a1, a0
	bleu	a0, a1, fill		# bgeu a1, a0
	beqz	a0, fill

# switch (a0): a table of addresses, and a jump to one of them.
choose:
	li	t0, 3
	bgeu	a0, t0, default
	slli	a0, a0, 2
	la	t0, table
	add	t0, t0, a0
	lw	t0, 0(t0)
	jr	t0
zero:
	li	a0, 10
	ret
one:
	li	a0, 11
	ret
default:
	li	a0, -1
	ret

	.section .rodata
	.balign 4
table:
	.word zero, one, default
