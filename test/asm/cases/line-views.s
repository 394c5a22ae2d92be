#! -march=rv32i -mabi=ilp32
# sections: .debug_line .data
# Rows of one address are numbered.
	.file 1 "main.c"
	.text
	.loc 1 1 1 view .LV0
	.loc 1 2 1 view .LV1
	.loc 1 3 1 view .LV2
	nop
	.loc 1 4 1 view .LV3
	.loc 1 5 1 view -0
	.loc 1 6 1 view .LV4
	nop
	.loc 1 7 1 view 0
	call f
	.loc 1 8 1 view .LV5
	.loc 1 9 1 view .LV6
	.data
	.byte .LV0, .LV1, .LV2, .LV3, .LV4, .LV5, .LV6
#> .data
# 0000 00010200 010001
#> .debug_line
# 0000 65000000 03001d00 00000101 fb0e0d00 01010101 00000001 00000100 6d61696e
# 0020 2e630000 00000005 01000502 00000000 01030109 00000103 01090000 01030109
# 0040 00000100 05020000 00001303 01090000 01030109 00000103 01090000 01030109
# 0060 00000109 00000001 01
# 002c type 1 .L0 =0 + 0
# 0034 type 34 .L0 =0 + 0
# 0034 type 38 .L0 =0 + 0
# 003a type 34 .L0 =0 + 0
# 003a type 38 .L0 =0 + 0
# 0040 type 34 .L0 =4 + 0
# 0040 type 38 .L0 =0 + 0
# 0046 type 1 .L0 =4 + 0
# 004e type 34 .L0 =4 + 0
# 004e type 38 .L0 =4 + 0
# 0054 type 34 .L0 =8 + 0
# 0054 type 38 .L0 =4 + 0
# 005a type 34 .L0 =16 + 0
# 005a type 38 .L0 =8 + 0
# 0060 type 34 .L0 =16 + 0
# 0060 type 38 .L0 =16 + 0
# 0064 type 34 .L0 =16 + 0
# 0064 type 38 .L0 =16 + 0
