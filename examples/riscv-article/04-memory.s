#! -march=rv32gc -mabi=ilp32d
# struct sample { int time; short level; unsigned char flags; } at a0
	.text
memory:
	lw	t0, 0(a0)		# 32 bits
	lh	t1, 4(a0)		# 16, with the sign
	lbu	t2, 6(a0)		# 8, without one
	addi	t0, t0, 1
	sw	t0, 0(a0)
	sh	t1, 4(a0)
	sb	zero, 6(a0)		# zero is always at hand
	flw	fa0, 8(a0)
	fsw	fa0, 12(a0)

# The address of a variable: relative to the instruction, or in two halves.
	la	t3, counter
	lui	t4, %hi(counter)
	lw	t4, %lo(counter)(t4)

# Add one, unless somebody else touched it meanwhile; then try again.
again:
	lr.w	t0, (t3)
	addi	t0, t0, 1
	sc.w	t1, t0, (t3)
	bnez	t1, again
	amoadd.w zero, t0, (t3)		# or all of it at once
	ret

	.bss
	.balign 4
counter:
	.skip 4
