#! -march=rv64gc -mabi=lp64d
# sections: .data
	.data
	.byte 1, -1, 0xff, 'a', 'b', '\n', 0b101, 0377, 1+2*3, (1+2)*3
	.half 0x1234, -2
	.word 1<<4|2, 7&~2, 5^1, 17%5, -17/5, 1==1, 1<>1, 2>1, 3&&0, 0||2, !4
	.quad 0x123456789abcdef0, -1, 18446744073709551615, label, label+8
	.octa 0x123456789abcdef0123456789abcdef0, -2
	.string "a\tb\\\"\101\x42\0"
	.asciz "x", "y"
	.ascii "joined" " too"
	.string16 "hi"
	.float 1.5, -0.1, inf
	.double 3.141592653589793, 1e-300
	.uleb128 624485
	.sleb128 -123456
	.fill 3,2,0x1122
	.skip 3,7
	.zero 2
label:
	.word later-label, label-.
later:
	.set counter, 1
	.byte counter
	.set counter, counter+1
	.byte counter
	.equiv fixed, 9
	.byte fixed
	.eqv deferred, counter*2
	.set counter, 20
	.byte deferred
1:	.byte 1f-1b
1:	.byte 1b-label
#> .data
# 0000 01ffff61 620a05ff 07093412 feff1200 00000500 00000400 00000200 0000fdff
# 0020 ffffffff ffff0000 0000ffff ffff0000 00000100 00000000 0000f0de bc9a7856
# 0040 3412ffff ffffffff ffffffff ffffffff ffff0000 00000000 00000000 00000000
# 0060 0000f0de bc9a7856 3412f0de bc9a7856 3412feff ffffffff ffffffff ffffffff
# 0080 ffff6109 625c2241 42000078 0079006a 6f696e65 6420746f 6f680069 00000000
# 00a0 00c03fcd ccccbd00 00807f18 2d4454fb 21094059 f3f8c21f 6ea501e5 8e26c0bb
# 00c0 78221122 11221107 07070000 08000000 fcffffff 01020928 010d
# 0052 type 2 label=204 + 0
# 005a type 2 label=204 + 8
