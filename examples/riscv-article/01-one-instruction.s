#! -march=rv32gc -mabi=ilp32d
# One instruction, written four ways. All four make the same 32 bits:
#
#   imm[11:0]    rs1   fn3 rd    opcode
#   000000101010 01010 000 01100 0010011
#
# "Add the constant 42 to what is in a0 (register 10), and put the sum in a2
# (register 12)." The assembler has nothing else to do than to place fields.
	.text
	.option norvc

# As a number.
	.word 0b00000010101001010000011000010011
# Field by field.
	.insn i 0x13, 0, a2, a0, 42
# By its name, with the registers' numbers.
	addi x12, x10, 42
# By its name, with the names that tell their roles.
	addi a2, a0, 42
