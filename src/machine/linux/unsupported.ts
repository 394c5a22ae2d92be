// Names of system calls that programs may ask for and that are not there, for
// the message that says so. Numbers are the same on RV64 and RV32.
const names: Readonly<Record<number, string>> = {
  19: "eventfd2",
  20: "epoll_create1",
  21: "epoll_ctl",
  22: "epoll_pwait",
  26: "inotify_init1",
  33: "mknodat",
  39: "umount2",
  40: "mount",
  51: "chroot",
  74: "signalfd4",
  75: "vmsplice",
  76: "splice",
  77: "tee",
  85: "timerfd_create",
  97: "unshare",
  103: "setitimer",
  107: "timer_create",
  117: "ptrace",
  142: "reboot",
  198: "socket",
  199: "socketpair",
  200: "bind",
  201: "listen",
  202: "accept",
  203: "connect",
  204: "getsockname",
  206: "sendto",
  207: "recvfrom",
  208: "setsockopt",
  209: "getsockopt",
  211: "sendmsg",
  212: "recvmsg",
  241: "perf_event_open",
  242: "accept4",
  280: "bpf",
  285: "copy_file_range",
  425: "io_uring_setup",
  434: "pidfd_open",
  437: "openat2",
  441: "epoll_pwait2",
};

/** What a call that is not there is called. */
export function unsupportedCall(number: number): string {
  return Object.hasOwn(names, number) ? `${names[number]} (system call ${number})` : `system call ${number}`;
}
