// Files, directories and pipes, in the directory of argv[1].
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int byName(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

int main(int argc, char **argv) {
  if (chdir(argv[1])) return perror("chdir"), 1;
  FILE *f = fopen("one.txt", "w+");
  fprintf(f, "line %d\nline %d\n", 1, 2);
  rewind(f);
  char line[80];
  while (fgets(line, sizeof line, f)) printf("got %s", line);
  fclose(f);
  int fd = open("one.txt", O_WRONLY | O_APPEND);
  struct iovec parts[2] = {{"more ", 5}, {"text\n", 5}};
  printf("writev %zd\n", writev(fd, parts, 2));
  close(fd);
  struct stat status;
  stat("one.txt", &status);
  printf("size %ld, regular %d, mode %o\n", (long)status.st_size, S_ISREG(status.st_mode), status.st_mode & 0777);
  fd = open("one.txt", O_RDONLY);
  char *mapped = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("mapped %.6s, at the end %d\n", mapped, lseek(fd, -5, SEEK_END) == status.st_size - 5);
  char tail[8] = {0};
  printf("read %zd: %s", read(fd, tail, 5), tail);
  printf("pread %zd\n", pread(fd, tail, 4, 100));
  munmap(mapped, status.st_size);
  close(fd);
  mkdir("sub", 0755);
  rename("one.txt", "sub/two.txt");
  printf("gone: %s\n", open("one.txt", O_RDONLY) < 0 ? strerror(errno) : "no");
  printf("exclusive: %s\n", open("sub/two.txt", O_CREAT | O_EXCL | O_WRONLY, 0644) < 0 ? strerror(errno) : "no");
  close(open("sub/empty", O_CREAT | O_WRONLY, 0644));
  DIR *directory = opendir("sub");
  char *names[10];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory));) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, byName);
  for (int i = 0; i < count; i++) printf("entry %s\n", names[i]);
  printf("not empty: %s\n", rmdir("sub") ? strerror(errno) : "no");
  truncate("sub/two.txt", 3);
  stat("sub/two.txt", &status);
  printf("truncated to %ld\n", (long)status.st_size);
  unlink("sub/two.txt");
  unlink("sub/empty");
  printf("rmdir %d\n", rmdir("sub"));
  printf("outside: %s\n", open("/nonexistent/file", O_RDONLY) < 0 ? strerror(errno) : "no");
  int ends[2];
  pipe(ends);
  write(ends[1], "through a pipe", 14);
  close(ends[1]);
  char text[32] = {0};
  printf("pipe %zd %s, then %zd\n", read(ends[0], text, 32), text, read(ends[0], text, 32));
  printf("stdin: ");
  while (fgets(line, sizeof line, stdin)) printf("[%s]", strtok(line, "\n"));
  puts("");
  return 0;
}
