#! -march=rv32gc -mabi=ilp32d
# int report_cube(int n) { n = n * n * n; printf("cubed: %d\n", n); return n; }
#
# What a compiler writes when it optimizes for size. Lines that begin with a
# dot direct the assembler, names with a colon mark places, all else are
# instructions.
	.file "cube.c"			# which source this was
	.text				# code goes here
	.globl report_cube		# other files may call it
	.type report_cube, @function
report_cube:
	# Prologue: room on the stack, which grows downwards in steps of 16;
	# the return address and a register that the caller wants back go there.
	addi	sp, sp, -16
	sw	ra, 12(sp)
	sw	s0, 8(sp)

	# n * n * n. s0 survives calls, so the product waits there.
	mul	s0, a0, a0
	mul	s0, s0, a0

	# An address has 32 bits, an immediate 20 or 12: two instructions. The
	# linker knows the address, and fills in both halves.
	lui	a0, %hi(.Lformat)
	addi	a0, a0, %lo(.Lformat)
	mv	a1, s0
	call	printf

	# The result goes where the caller looks for it.
	mv	a0, s0

	# Epilogue: everything backwards.
	lw	s0, 8(sp)
	lw	ra, 12(sp)
	addi	sp, sp, 16
	ret
	.size report_cube, . - report_cube

	.section .rodata.str1.1, "aMS", @progbits, 1
.Lformat:				# .L: nobody else sees this name
	.asciz "cubed: %d\n"		# the z is the zero at the end
