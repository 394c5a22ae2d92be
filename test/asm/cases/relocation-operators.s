#! -march=rv64gc -mabi=lp64d
# sections: .text
	lui a0,%hi(x)
	addi a0,a0,%lo(x)
	lw a0,%lo(x+4)(a0)
	sw a0,%lo(x-4)(a1)
1:	auipc a0,%pcrel_hi(x)
	ld a0,%pcrel_lo(1b)(a0)
2:	auipc a0,%got_pcrel_hi(x)
	sd a1,%pcrel_lo(2b)(a0)
	lui a5,%tprel_hi(t)
	add a5,a5,tp,%tprel_add(t)
	lw a0,%tprel_lo(t)(a5)
	auipc a0,%tls_ie_pcrel_hi(t)
	auipc a0,%tls_gd_pcrel_hi(t)
	lui a0,%hi(0x12345678)
	addi a0,a0,%lo(0x12345678)
#> .text
# 0000 37050000 13050500 03254500 23aea5fe 17050000 03350500 17050000 2330b500
# 0020 b7070000 b3874700 03a50700 17050000 17050000 37553412 13058567
# 0000 type 26 x=0 + 0
# 0000 type 51 section=0 + 0
# 0004 type 27 x=0 + 0
# 0004 type 51 section=0 + 0
# 0008 type 27 x=0 + 4
# 0008 type 51 section=0 + 4
# 000c type 28 x=0 + -4
# 000c type 51 section=0 + -4
# 0010 type 23 x=0 + 0
# 0010 type 51 section=0 + 0
# 0014 type 24 .L11=16 + 0
# 0014 type 51 section=0 + 0
# 0018 type 20 x=0 + 0
# 001c type 25 .L21=24 + 0
# 001c type 51 section=0 + 0
# 0020 type 29 t=0 + 0
# 0020 type 51 section=0 + 0
# 0024 type 32 t=0 + 0
# 0024 type 51 section=0 + 0
# 0028 type 30 t=0 + 0
# 0028 type 51 section=0 + 0
# 002c type 21 t=0 + 0
# 0030 type 22 t=0 + 0
