#! -march=rv64gc -mabi=lp64d
# sections: .text
# Pseudo-instructions, with the relocations that the linker relaxes.
f:
	li a0,0
	li a0,2048
	li a0,0x12345
	li a0,0x80000000
	li a0,0x100000000
	li a0,0x123456789abcdef0
	li a0,-1
	la a0,data
	lla a0,data+4
	la.tls.ie a0,thread
	la.tls.gd a0,thread
	lw a1,data
	sd a1,data,t0
	fld fa0,data,t0
	call f
	call t0,f
	tail f
	jump f,t1
	beqz a0,f
	bgt a0,a1,f
	seqz a0,a1
	sext.w a0,a1
	zext.w a0,a1
	not a0,a1
	negw a0,a1
	fmv.d fa0,fa1
	csrr a0,mstatus
	csrwi fcsr,3
	rdcycle a0
	fence
	.option pic
	la a0,data
	.option nopic
	.option norelax
	la a0,data
	call f
	.data
data:	.word 1
	.section .tbss,"awT",@nobits
thread:	.skip 4
#> .text
# 0000 01450565 1b050580 49651b05 55341b05 10007e05 1b051000 02153775 24001b05
# 0020 d58a3a05 1305d5c4 32051305 755e3605 130505ef 7d551705 00001305 05001705
# 0040 00001305 05001705 00000335 05001705 00001305 05009705 000083a5 05009702
# 0060 000023b0 b2009702 000007b5 02009700 0000e780 00001703 0000e702 03001703
# 0080 00006700 03001703 00006700 03002dd9 e3c8a5f6 13b51500 1b850500 13950502
# 00a0 019113c5 f5ff3b05 b0405385 b5227325 003073d0 31007325 00c00f00 f00f1705
# 00c0 00000335 05001705 00001305 05009700 0000e780 0000
# 0036 type 23 data=0 + 0
# 003a type 24 .L0 =54 + 0
# 003e type 23 data=0 + 4
# 0042 type 24 .L0 =62 + 0
# 0046 type 21 thread=0 + 0
# 004a type 24 .L0 =70 + 0
# 004e type 22 thread=0 + 0
# 0052 type 24 .L0 =78 + 0
# 0056 type 23 data=0 + 0
# 005a type 24 .L0 =86 + 0
# 005e type 23 data=0 + 0
# 0062 type 25 .L0 =94 + 0
# 0066 type 23 data=0 + 0
# 006a type 24 .L0 =102 + 0
# 006e type 19 f=0 + 0
# 006e type 51 section=0 + 0
# 0076 type 19 f=0 + 0
# 0076 type 51 section=0 + 0
# 007e type 19 f=0 + 0
# 007e type 51 section=0 + 0
# 0086 type 19 f=0 + 0
# 0086 type 51 section=0 + 0
# 008e type 44 f=0 + 0
# 0090 type 16 f=0 + 0
# 00be type 20 data=0 + 0
# 00c2 type 24 .L0 =190 + 0
# 00c6 type 23 data=0 + 0
# 00ca type 24 .L0 =198 + 0
# 00ce type 19 f=0 + 0
