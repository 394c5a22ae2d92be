#! -march=rv64gc -mabi=lp64d
# sections: .data
	.data
	.macro both first, second=7
	.byte \first, \second
	.endm
	both 1
	both 1, 2
	both second=3, first=4
	both (1 + 2), 5
	.macro count from, to
	.byte \from
	.if \to-\from
	count "(\from+1)",\to
	.endif
	.endm
	count 1, 4
	.macro all first:req, rest:vararg
	.byte \first
	.ifnb \rest
	all \rest
	.endif
	.endm
	all 1, 2, 3
	.macro labelled
.Lin\@:	.byte .Lin\@-.Lin\@ + \@
	.endm
	labelled
	labelled
	.rept 3
	.byte 0x33
	.endr
	.irp x, 1, 2, 3
	.byte \x, \x\()0
	.endr
	.irpc c, 123
	.byte \c
	.endr
	.macro leave n
	.byte 1
	.if \n
	.exitm
	.endif
	.byte 2
	.endm
	leave 0
	leave 1
	.purgem leave
	.macro leave
	.byte 99
	.endm
	leave
	.ifdef labelled
	.byte 1
	.else
	.byte 2
	.endif
	.ifc a b,a b
	.byte 3
	.elseif 1
	.byte 4
	.endif
	.if 0
	.if 1
	.byte 5
	.else
	.byte 6
	.endif
	.endif
#> .data
# 0000 01070102 04030305 01020304 0102030b 0c333333 010a0214 031e0102 03010201
# 0020 630203
