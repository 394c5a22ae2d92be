#! -march=rv64gc -mabi=lp64d
# sections: .text .data .eh_frame
# The linker may shorten code: distances in it are left to it. Elsewhere they are numbers.
start:
	call start
end:
	.data
first:
	.word end-start, second-first, outside-first
	.half end-start
	.byte end-start
	.quad second-first
	.word end-start+4
second:
#> .text
# 0000 97000000 e7800000
# 0000 type 19 start=0 + 0
# 0000 type 51 section=0 + 0
#> .data
# 0000 00000000 1b000000 00000000 0000001b 00000000 00000000 000000
# 0000 type 35 end=8 + 0
# 0000 type 39 start=0 + 0
# 0008 type 35 outside=0 + 0
# 0008 type 39 first=0 + 0
# 000c type 34 end=8 + 0
# 000c type 38 start=0 + 0
# 000e type 33 end=8 + 0
# 000e type 37 start=0 + 0
# 0017 type 35 end=8 + 4
# 0017 type 39 start=0 + 0
