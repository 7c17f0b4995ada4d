/*
 * Preloaded into the interpreter: counts what it asks of the system, and at a
 * chosen one does something else. Processes that it starts are left alone.
 *
 *   FAULT_UNDER  only files whose path begins so are counted
 *   FAULT_NAME   and whose path holds this, if it is given
 *   FAULT_CALLS  the calls to count, separated by commas; all if not given
 *   FAULT_AT     the number of the call at which it happens, from 1
 *   FAULT_DO     kill-before, kill-half, kill-after, short, enospc, eio
 *   FAULT_STAYS  if set, every later call fails in the same way
 *   FAULT_LOG    gets a line for each call that was counted
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *under, *name, *calls, *action, *log_path;
static long at, count;
static int stays;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static char *taken(const char *variable) {
  char *value = getenv(variable);
  value = value ? strdup(value) : NULL;
  unsetenv(variable);
  return value;
}

__attribute__((constructor)) static void begin(void) {
  under = taken("FAULT_UNDER");
  name = taken("FAULT_NAME");
  calls = taken("FAULT_CALLS");
  action = taken("FAULT_DO");
  log_path = taken("FAULT_LOG");
  char *number = taken("FAULT_AT");
  at = number ? atol(number) : 0;
  stays = taken("FAULT_STAYS") != NULL;
  unsetenv("LD_PRELOAD");
}

static int is(const char *what) { return action && strcmp(action, what) == 0; }

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int wanted(const char *call, const char *path) {
  if (!under) return 0;
  if (calls && !strstr(calls, call)) return 0;
  if (!path) return !name;
  if (strncmp(path, under, strlen(under)) != 0) return 0;
  return !name || strstr(path, name) != NULL;
}

/* Whether it happens at this call. */
static int happens(const char *call, const char *path) {
  if (!wanted(call, path)) return 0;
  pthread_mutex_lock(&guard);
  long number = ++count;
  pthread_mutex_unlock(&guard);
  if (log_path) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path ? path : "-");
    int to = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    syscall(SYS_write, to, line, length);
    syscall(SYS_close, to);
  }
  return at && (stays ? number >= at : number == at);
}

static int happens_fd(const char *call, int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return happens(call, path);
}

/* The error of the call, or 0. */
static int fails(void) {
  if (is("enospc")) return ENOSPC;
  if (is("eio")) return EIO;
  return 0;
}

#define REAL(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))

/* A call that is done whole or not at all. */
#define SIMPLE(it, expression)                 \
  do {                                         \
    if (!(it)) return expression;              \
    if (is("kill-before") || is("kill-half")) die(); \
    if (fails()) { errno = fails(); return -1; } \
    __typeof__(expression) result = expression; \
    if (is("kill-after")) die();               \
    return result;                             \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t length) {
  if (!happens_fd("write", fd)) return REAL(write)(fd, bytes, length);
  if (is("kill-before")) die();
  if (fails()) { errno = fails(); return -1; }
  if (is("short") || is("kill-half")) {
    ssize_t half = REAL(write)(fd, bytes, length > 1 ? length / 2 : length);
    if (is("kill-half")) die();
    return half;
  }
  ssize_t result = REAL(write)(fd, bytes, length);
  if (is("kill-after")) die();
  return result;
}

int fdatasync(int fd) { SIMPLE(happens_fd("fdatasync", fd), REAL(fdatasync)(fd)); }
int fsync(int fd) { SIMPLE(happens_fd("fsync", fd), REAL(fsync)(fd)); }
int ftruncate64(int fd, off64_t to) { SIMPLE(happens_fd("ftruncate", fd), REAL(ftruncate64)(fd, to)); }
int rename(const char *from, const char *to) { SIMPLE(happens("rename", to), REAL(rename)(from, to)); }
int unlink(const char *path) { SIMPLE(happens("unlink", path), REAL(unlink)(path)); }
int mkdir(const char *path, mode_t mode) { SIMPLE(happens("mkdir", path), REAL(mkdir)(path, mode)); }

int open64(const char *path, int flags, ...) {
  __builtin_va_list more;
  __builtin_va_start(more, flags);
  mode_t mode = __builtin_va_arg(more, int);
  __builtin_va_end(more);
  int makes = flags & O_CREAT;
  SIMPLE(makes && happens("create", path), REAL(open64)(path, flags, mode));
}

int socket(int domain, int type, int protocol) {
  SIMPLE(happens("socket", NULL), REAL(socket)(domain, type, protocol));
}

pid_t fork(void) { SIMPLE(happens("fork", NULL), REAL(fork)()); }

/* Not a file: counted if no name is asked for. Its errors are returned. */
int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  int it = happens("spawn", NULL);
  if (it && (is("kill-before") || is("kill-half"))) die();
  if (it && fails()) return fails();
  int result = REAL(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
  if (it && is("kill-after")) die();
  return result;
}
