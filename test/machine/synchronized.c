// Threads that wait for each other: mutexes, conditions, barriers, semaphores, locks, cancelling, ends.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 6, ITEMS = 400 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int queue[8], head, count;
static long sum, atomicSum;
static pthread_barrier_t barrier;
static sem_t semaphore;
static pthread_rwlock_t readers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int destroyed, initialized;

static void initialize(void) { initialized++; }
static void destroy(void *value) { __atomic_add_fetch(&destroyed, (int)(long)value, __ATOMIC_RELAXED); }

static void *produce(void *argument) {
  pthread_once(&once, initialize);
  pthread_setspecific(key, argument);
  for (int i = 0; i < ITEMS; i++) {
    pthread_mutex_lock(&lock);
    while (count == 8) pthread_cond_wait(&emptied, &lock);
    queue[(head + count++) % 8] = i + (int)(long)argument;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
  }
  pthread_barrier_wait(&barrier);
  return argument;
}

static void *consume(void *argument) {
  pthread_once(&once, initialize);
  for (int i = 0; i < ITEMS; i++) {
    pthread_mutex_lock(&lock);
    while (count == 0) pthread_cond_wait(&filled, &lock);
    int item = queue[head];
    head = (head + 1) % 8, count--;
    sum += item;
    pthread_cond_broadcast(&emptied);
    pthread_mutex_unlock(&lock);
    pthread_rwlock_rdlock(&readers);
    pthread_rwlock_unlock(&readers);
    __atomic_fetch_add(&atomicSum, item, __ATOMIC_SEQ_CST);
  }
  sem_post(&semaphore);
  pthread_barrier_wait(&barrier);
  return argument;
}

static void *spin(void *argument) {
  volatile int *stop = argument;
  long turns = 0;
  do turns++;
  while (!*stop);
  return (void *)(long)(turns > 0);
}

static void cleaned(void *text) { puts(text); }

static void *cancelled(void *argument) {
  pthread_cleanup_push(cleaned, "cleaned up");
  for (;;) sleep(1000);
  pthread_cleanup_pop(0);
  return argument;
}

static pthread_t signalled;
static volatile int handled;
static void handler(int number) { handled = number + 100 * pthread_equal(pthread_self(), signalled); }
static void *pausing(void *argument) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  sem_post(&semaphore);
  while (!handled) sigsuspend(&old);
  return argument;
}

int main(void) {
  pthread_t threads[2 * WORKERS], other;
  pthread_barrier_init(&barrier, 0, 2 * WORKERS);
  sem_init(&semaphore, 0, 0);
  pthread_key_create(&key, destroy);
  for (long i = 0; i < WORKERS; i++) {
    pthread_create(&threads[i], 0, produce, (void *)(i + 1));
    pthread_create(&threads[WORKERS + i], 0, consume, (void *)(i + 1));
  }
  for (int i = 0; i < WORKERS; i++) sem_wait(&semaphore);
  long results = 0;
  for (int i = 0; i < 2 * WORKERS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    results += (long)result;
  }
  printf("sum %ld, atomically %ld, results %ld, once %d, destroyed %d\n", sum, atomicSum, results, initialized, destroyed);

  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
  pthread_mutex_lock(&lock);
  printf("timed wait: %d\n", pthread_cond_timedwait(&filled, &lock, &until) == ETIMEDOUT);
  pthread_mutex_unlock(&lock);
  printf("try: %d, semaphore %d\n", pthread_mutex_trylock(&lock), sem_trywait(&semaphore) ? errno == EAGAIN : -1);
  pthread_mutex_unlock(&lock);

  volatile int stop = 0;
  pthread_create(&other, 0, spin, (void *)&stop);
  usleep(1000);
  stop = 1;
  void *result;
  pthread_join(other, &result);
  printf("spun: %ld\n", (long)result);

  pthread_create(&other, 0, cancelled, 0);
  usleep(1000);
  pthread_cancel(other);
  pthread_join(other, &result);
  printf("cancelled: %d\n", result == PTHREAD_CANCELED);

  signal(SIGUSR2, handler);
  pthread_create(&signalled, 0, pausing, 0);
  sem_wait(&semaphore);
  pthread_kill(signalled, SIGUSR2);
  pthread_join(signalled, 0);
  printf("signalled: %d\n", handled - 100 == SIGUSR2);
  fflush(stdout);
  pthread_create(&other, 0, (void *(*)(void *))exit, (void *)7);
  pthread_join(other, 0);
  return 0;
}
