#! -march=rv32gc -mabi=ilp32d
# struct point { int x, y; };                 two words: two registers
# struct box { struct point low, high; };     four words: by reference
# struct rgb { unsigned char r, g, b; };      three bytes: one register
#
# long long draw(int layer, long long id, struct point at, struct box clip,
#                short width, struct rgb color, int style, struct box bounds);
#
# void call_draw(void) {
#   struct point at = { 3, 4 };
#   draw(1, -2, at, frame, 5, (struct rgb){ 0x10, 0x20, 0x30 }, 6, frame);
# }
	.text
	.globl call_draw
call_draw:
	addi	sp, sp, -64
	sw	ra, 60(sp)
	# Both boxes are passed by reference; each callee may change its own.
	lui	t0, %hi(frame)
	addi	t0, t0, %lo(frame)
	lw	t1, 0(t0)
	lw	t2, 4(t0)
	lw	t3, 8(t0)
	lw	t4, 12(t0)
	sw	t1, 16(sp)		# clip
	sw	t2, 20(sp)
	sw	t3, 24(sp)
	sw	t4, 28(sp)
	sw	t1, 32(sp)		# bounds
	sw	t2, 36(sp)
	sw	t3, 40(sp)
	sw	t4, 44(sp)
	# Registers, from a0 on.
	li	a0, 1			# layer
	li	a1, -2			# id: its low half,
	li	a2, -1			#     its high half
	li	a3, 3			# at: x,
	li	a4, 4			#     y
	addi	a5, sp, 16		# where clip is
	li	a6, 5			# width
	li	a7, 0x302010		# color: three bytes side by side
	# No register is left: the rest is on the stack, in order.
	li	t0, 6
	sw	t0, 0(sp)		# style
	addi	t0, sp, 32
	sw	t0, 4(sp)		# where bounds is
	call	draw
	# A result of two words is in a0 and a1.
	lw	ra, 60(sp)
	addi	sp, sp, 64
	ret

	.section .rodata
	.balign 4
frame:
	.word 0, 0, 639, 479
