# A program for a bare RISC-V board. Nobody has set anything up for it: no
# stack, no variables. All that happens before main is in this file.

        .section .text.start, "ax"
        .globl  _start
        .type   _start, @function
_start:
        la      sp, stack_top
        call    copy_data
        call    clear_bss
        call    run_constructors
        call    main
        j       exit
        .size   _start, . - _start

        .text
# The values of variables are in flash, behind the code; they must go to RAM.
        .type   copy_data, @function
copy_data:
        la      a0, data_in_flash
        la      a1, data_start
        la      a2, data_end
1:      bgeu    a1, a2, 2f
        lw      t0, 0(a0)
        sw      t0, 0(a1)
        addi    a0, a0, 4
        addi    a1, a1, 4
        j       1b
2:      ret
        .size   copy_data, . - copy_data

        .type   clear_bss, @function
clear_bss:
        la      a0, bss_start
        la      a1, bss_end
1:      bgeu    a0, a1, 2f
        sw      zero, 0(a0)
        addi    a0, a0, 4
        j       1b
2:      ret
        .size   clear_bss, . - clear_bss

# Whoever wants to run before main has put a pointer into .init_array.
        .type   run_constructors, @function
run_constructors:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s0, 8(sp)
        la      s0, __init_array_start
1:      la      t0, __init_array_end
        bgeu    s0, t0, 2f
        lw      t0, 0(s0)
        addi    s0, s0, 4
        jalr    t0
        j       1b
2:      lw      ra, 12(sp)
        lw      s0, 8(sp)
        addi    sp, sp, 16
        ret
        .size   run_constructors, . - run_constructors

        .type   early, @function
early:  la      a1, early_text
        j       print
        .size   early, . - early

        .type   late, @function
late:   la      a1, late_text
        j       print
        .size   late, . - late

        .globl  main
        .type   main, @function
main:   addi    sp, sp, -16
        sw      ra, 12(sp)
        la      a1, greeting
        call    print
        lw      a0, answer
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
        .size   main, . - main

# Semihosting: these three instructions ask whoever runs the board.
        .type   print, @function
print:  lw      t1, prints
        addi    t1, t1, 1
        sw      t1, prints, t2
        li      a0, 4                   # SYS_WRITE0: the string at a1
        slli    zero, zero, 0x1f
        ebreak
        srai    zero, zero, 7
        ret
        .size   print, . - print

        .globl  exit
        .type   exit, @function
exit:   la      a1, exit_block
        sw      a0, 4(a1)
        li      a0, 0x20                # SYS_EXIT_EXTENDED: reason and code at a1
        slli    zero, zero, 0x1f
        ebreak
        srai    zero, zero, 7
        j       exit
        .size   exit, . - exit

        .section .init_array.00102, "a", @init_array
        .word   late
        .section .init_array.00101, "a", @init_array
        .word   early

        .section .rodata
early_text: .asciz "  priority 101 runs before main\n"
late_text:  .asciz "  priority 102 runs before main\n"

        .data
greeting:   .asciz "  main runs, and finds its variables\n"
        .balign 4
answer:     .word 42
exit_block: .word 0x20026, 0            # ADP_Stopped_ApplicationExit

        .bss
        .balign 4
prints:     .space 4
