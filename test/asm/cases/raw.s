#! -march=rv64gc_zbb -mabi=lp64d
# sections: .text
	.insn r 0x33, 0, 0, a0, a1, a2
	.insn i 0x13, 0, a0, a1, -1
	.insn i OP_IMM, 7, a0, a1, 255
	.insn s STORE, 2, a0, 4(a1)
	.insn u LUI, a0, 0x12345
	.insn r4 MADD, 0, 0, fa0, fa1, fa2, fa3
	.insn cr 2, 8, a0, a1
	.insn 0x00b50533
	.insn 2, 0x852e
	clz a0,a1
	.reloc ., R_RISCV_NONE, other
	.nop
	lr.w.aq a0,(a1)
	amoadd.d.aqrl a0,a1,0(a2)
	fcvt.w.d a0,fa0,rtz
	fcvt.w.d a0,fa0
	fadd.s fa0,fa1,fa2,rne
	fence rw,w
	sfence.vma a0,a1
#> .text
# 0000 3385c500 1385f5ff 13f5f50f 23a2a500 37553412 4385c568 2e853305 b5002e85
# 0020 13950560 01002fa5 05142f35 b6065315 05c25375 05c25385 c5000f00 10037300
# 0040 b512
# 0024 type 0 other=0 + 0
