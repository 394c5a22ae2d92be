#! -march=rv32gc_zba_zbb_zbs_zbc -mabi=ilp32d
# The first operand is where the result goes.
	.text
arithmetic:
	add	t0, a0, a1		# two registers
	addi	t0, t0, 2047		# a register and a constant of 12 bits
	addi	t0, t0, -2048		# subtracting is adding less than nothing
	sub	t1, a0, a1
	and	t2, a0, a1
	ori	t2, t2, 15
	xor	t3, t2, t1
	slt	t4, a0, a1		# 1 if smaller, else 0
	sltiu	t4, t4, 9

# Not instructions, but ways to write others.
	nop				# addi zero, zero, 0
	mv	a2, a0			# addi a2, a0, 0
	not	a2, a2			# xori a2, a2, -1
	neg	a2, a2			# sub  a2, zero, a2
	seqz	a3, a2			# sltiu a3, a2, 1
	snez	a3, a2			# sltu a3, zero, a2
	li	a4, 100			# one instruction
	li	a4, 0x12345678		# two: 20 bits, then 12

# Shifts to the left, to the right with zeros, to the right with the sign.
	sll	t0, a0, a1
	srl	t0, a0, a1
	sra	t0, a0, a1
	slli	t0, a0, 31
	srai	t0, a0, 1

# Products and quotients; a division by zero gives -1, and the dividend remains.
	mul	t0, a0, a1
	mulh	t1, a0, a1
	div	t2, a0, a1
	rem	t3, a0, a1

# Less common things, where the machine has them.
	rol	t0, a0, a1		# what leaves on the left enters on the right
	rev8	t0, a0			# the bytes in reverse order
	bext	t0, a0, a1		# one bit of many
	clmul	t0, a0, a1		# a product without carries
	xnor	t0, a0, a1
	fadd.d	fa0, fa0, fa1
	ret
