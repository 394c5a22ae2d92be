#! -march=rv64gc -mabi=lp64d
# sections: .eh_frame
# Every directive of call frames; advances over what the linker may shorten.
	.text
f:
	.cfi_startproc
	.cfi_personality 0x9b, DW.ref.personality
	.cfi_lsda 0x1b, table
	addi sp, sp, -32
	.cfi_def_cfa_offset 32
	call g
	.cfi_offset ra, -8
	.cfi_rel_offset s0, 16
	.cfi_val_offset s1, 8
	.cfi_remember_state
	.cfi_adjust_cfa_offset -48
	.cfi_restore ra, s0
	.cfi_restore_state
	.skip 300
	la a0, g
	.cfi_def_cfa s0, 16
	.cfi_def_cfa_register sp
	.cfi_undefined ft0
	.cfi_same_value 4096
	.cfi_register s2, s3
	.cfi_escape 0x2e, 4, 1
	.cfi_val_encoded_addr s4, 0x1b, g
	.cfi_val_encoded_addr s4, 0, g
	.cfi_window_save
	.cfi_label middle
	.cfi_endproc
g:
	.cfi_startproc simple
	.cfi_return_column t0
	.cfi_signal_frame
	ret
	.cfi_endproc
h:
	.cfi_startproc
	ret
	.cfi_endproc
	.section .gcc_except_table, "a", @progbits
table:
	.byte 0xff
#> .eh_frame
# 0000 18000000 00000000 037a504c 5200017c 01079b00 0000001b 1b0d0200 4c000000
# 0020 20000000 00000000 00000000 04000000 00420e20 48810288 0415097e 0a1304c1
# 0040 c80b0334 010c0810 0d020720 08802009 12132e04 01161406 f11b0000 00001614
# 0060 09030000 00000000 00002d00 10000000 00000000 037a5253 00017c05 011b0000
# 0080 10000000 18000000 00000000 00000000 00000000 10000000 00000000 037a5200
# 00a0 017c0101 1b0d0200 14000000 18000000 00000000 00000000 00000000 00000000
# 0013 type 57 DW.ref.personality=0 + 0
# 0024 type 57 .L0 =0 + 0
# 0028 type 35 .L0 =318 + 0
# 0028 type 39 .L0 =0 + 0
# 002d type 57 table=0 + 0
# 0034 type 53 .L0 =10 + 0
# 0034 type 52 .L0 =2 + 0
# 0043 type 55 .L0 =318 + 0
# 0043 type 38 .L0 =10 + 0
# 005a type 57 g=318 + 0
# 0062 type 2 g=318 + 0
# 0088 type 57 .L0 =318 + 0
# 008c type 35 .L0 =320 + 0
# 008c type 39 .L0 =318 + 0
# 00b0 type 57 .L0 =320 + 0
# 00b4 type 35 .L0 =322 + 0
# 00b4 type 39 .L0 =320 + 0
