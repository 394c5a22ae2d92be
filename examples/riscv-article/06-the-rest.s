#! -march=rv32gc_zicsr_zifencei -mabi=ilp32d
	.text
rest:
	nop				# room for something else
	.balign 16			# more of them, up to the next multiple of 16
	csrrw	t0, fflags, zero	# read a register of the machine, and write it
	csrr	t1, cycle
	csrwi	frm, 1
	fence	rw, w			# reads and writes before, writes after
	fence.i				# code that was written may be run now
	li	a7, 64			# write(1, text, 6)
	li	a0, 1
	la	a1, text
	li	a2, 6
	ecall				# ask the system
	ebreak				# ask the debugger
	ret

	.section .rodata
text:
	.ascii "hello\n"
