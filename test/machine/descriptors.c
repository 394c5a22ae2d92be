// Descriptors: duplicates, flags, pipes, polling, positions, folders by descriptor. In the directory of argv[1].
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define SAY(what) printf(#what ": %ld%s%s\n", (long)(what), errno ? " " : "", errno ? strerror(errno) : ""), errno = 0

int main(int argc, char **argv) {
  if (chdir(argv[1])) return perror("chdir"), 1;
  int folder = open(".", O_RDONLY | O_DIRECTORY);
  SAY(mkdirat(folder, "d", 0700));
  int fd = openat(folder, "d/file", O_RDWR | O_CREAT, 0640);
  SAY(write(fd, "0123456789", 10));
  SAY(pwrite(fd, "abc", 3, 12));
  char text[32] = {0};
  SAY(pread(fd, text, 32, 8));
  printf("%02x %02x %s\n", text[2], text[3], text + 4);
  SAY(lseek(fd, 0, SEEK_CUR));
  SAY(lseek(fd, -1, SEEK_SET));
  SAY(ftruncate(fd, 5));
  struct stat status;
  SAY(fstat(fd, &status));
  printf("size %ld mode %o links %d\n", (long)status.st_size, status.st_mode, (int)status.st_nlink);
  SAY(fstatat(folder, "d/none", &status, 0));
  SAY(faccessat(folder, "d/file", R_OK | W_OK, 0));
  SAY(renameat(folder, "d/file", folder, "d/other"));
  int same = dup(fd);
  lseek(same, 2, SEEK_SET);
  SAY(lseek(fd, 0, SEEK_CUR));
  SAY(dup2(fd, 77));
  SAY(fcntl(77, F_GETFD));
  SAY(dup3(fd, 78, O_CLOEXEC));
  SAY(fcntl(78, F_GETFD));
  SAY(fcntl(fd, F_GETFL) & O_ACCMODE);
  SAY(dup3(fd, fd, 0));
  struct iovec parts[3] = {{text, 1}, {text + 10, 1}, {text + 20, 10}};
  SAY(readv(fd, parts, 3));
  close(same), close(77), close(78), close(fd);
  SAY(read(fd, text, 1));
  SAY(open("d/other/x", O_RDONLY));
  SAY(open("d", O_WRONLY));
  SAY(unlink("d"));
  SAY(unlinkat(folder, "d", AT_REMOVEDIR));

  int ends[2], more[2];
  pipe2(ends, O_NONBLOCK);
  pipe(more);
  SAY(read(ends[0], text, 5));
  struct pollfd polled[3] = {{ends[0], POLLIN}, {ends[1], POLLOUT}, {99, POLLIN}};
  SAY(poll(polled, 3, 0));
  printf("%x %x %x\n", polled[0].revents, polled[1].revents, polled[2].revents);
  SAY(write(ends[1], "hello", 5));
  SAY(poll(polled, 1, -1));
  int waiting = 0;
  ioctl(ends[0], FIONREAD, &waiting);
  printf("waiting %d\n", waiting);
  fd_set reading, writing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_SET(ends[0], &reading), FD_SET(more[0], &reading), FD_SET(more[1], &writing);
  struct timeval now = {0, 1000};
  SAY(select(more[1] + 1, &reading, &writing, 0, &now));
  printf("%d %d %d\n", !!FD_ISSET(ends[0], &reading), !!FD_ISSET(more[0], &reading), !!FD_ISSET(more[1], &writing));
  FD_ZERO(&reading);
  FD_SET(more[0], &reading);
  SAY(select(more[0] + 1, &reading, 0, 0, &now));
  struct pollfd none = {more[0], POLLIN};
  SAY(poll(&none, 1, 2));
  close(more[1]);
  SAY(poll(&none, 1, -1));
  printf("%x\n", none.revents);
  SAY(read(more[0], text, 5));
  SAY(read(ends[0], text, 3));
  SAY(lseek(ends[0], 0, SEEK_SET));
  close(ends[0]);
  errno = 0;

  unlink("d/other");
  DIR *directory = opendir("d");
  int count = 0;
  while (readdir(directory)) count++;
  rewinddir(directory);
  while (readdir(directory)) count++;
  SAY(count);
  closedir(directory);
  SAY(rmdir("d"));
  char *where = getcwd(0, 0);
  printf("here %d\n", !strcmp(where, argv[1]));
  SAY(readlink("/proc/self/exe", text, 4));
  SAY(readlink("nothing", text, 4));
  umask(027);
  close(open("made", O_CREAT | O_WRONLY, 0666));
  stat("made", &status);
  printf("mode %o\n", status.st_mode & 0777);
  remove("made");

  struct utsname names;
  SAY(uname(&names));
  printf("%s %s\n", names.sysname, names.machine);
  struct sysinfo info;
  SAY(sysinfo(&info));
  printf("%d\n", info.totalram > 0 && info.mem_unit > 0);
  SAY(getrandom(text, 16, 0));
  struct rlimit limit;
  SAY(getrlimit(RLIMIT_NOFILE, &limit));
  struct timespec before, after, little = {0, 3000000};
  clock_gettime(CLOCK_MONOTONIC, &before);
  nanosleep(&little, 0);
  clock_gettime(CLOCK_MONOTONIC, &after);
  printf("slept %d\n", (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 3000000);
  printf("%d %d\n", time(0) > 1600000000, isatty(folder));
  SAY(sysconf(_SC_PAGESIZE));
  SAY(write(1, (void *)16, 4));
  SAY(write(99, "", 0));
  return 5;
}
