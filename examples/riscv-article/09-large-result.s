#! -march=rv32gc -mabi=ilp32d
# struct page { char bytes[200]; };
# struct page page_with(char first);    { first, 0, 0, … }
#
# The caller makes room for the result and passes its address in a0, before
# the arguments; so `first` comes in a1.
	.text

# First attempt: the byte is stored last, so both values must survive the call.
	.globl page_with
page_with:
	addi	sp, sp, -16
	sw	ra, 12(sp)
	sw	s0, 8(sp)
	sw	s1, 4(sp)
	mv	s0, a0
	mv	s1, a1
	addi	a0, a0, 1
	li	a1, 0
	li	a2, 199
	call	memset
	sb	s1, 0(s0)
	lw	ra, 12(sp)
	lw	s0, 8(sp)
	lw	s1, 4(sp)
	addi	sp, sp, 16
	ret

# Second: stored first, nothing has to survive. Nothing is done after the
# call either, so it can be a jump, and memset returns to our caller.
	.globl page_with_2
page_with_2:
	sb	a1, 0(a0)
	addi	a0, a0, 1
	li	a1, 0
	li	a2, 199
	tail	memset
