/* Each thread has its own copy of what is thread-local. */
#include <pthread.h>
#include <stdio.h>

_Thread_local int own = 100;
int shared = 100;

static void *run(void *argument) {
  own += (int)(long)argument;
  __atomic_add_fetch(&shared, (int)(long)argument, __ATOMIC_SEQ_CST);
  return (void *)(long)own;
}

int main(void) {
  pthread_t threads[3];
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], 0, run, (void *)(i + 1));
  for (int i = 0; i < 3; i++) {
    void *result;
    pthread_join(threads[i], &result);
    printf("thread %d: %ld\n", i, (long)result);
  }
  printf("main: %d, shared: %d\n", own, shared);
  return 0;
}
