/* Stands between a process and libc, preloaded, and lets the n-th call that touches a folder fail, or kill.

   FAULT_ROOT     calls that touch files under this folder are counted, over all processes together
   FAULT_COUNTER  a file of 8 bytes that they share for it
   FAULT_AT       the call that is hit, from 1 on
   FAULT_DO       what it gets: an error number, or a signal as a negative number
   FAULT_STAYS    a disk that is full stays full: every later call that needs room fails as well
   FAULT_LOG      a line for every call that is counted
   FAULT_NETWORK  a line there for every attempt to reach another machine, which is refused
   FAULT_CLOCK    seconds by which the time of day jumps ahead and back again, every so many looks at it
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *root, *log_path, *network;
static size_t root_length;
static long hit, deed, clock_jump;
static int stays;
static volatile long *counter;
static volatile long looks;

__attribute__((constructor)) static void begin(void)
{
    const char *word;
    network = getenv("FAULT_NETWORK");
    log_path = getenv("FAULT_LOG");
    if ((word = getenv("FAULT_CLOCK"))) clock_jump = atol(word);
    if ((word = getenv("FAULT_AT"))) hit = atol(word);
    if ((word = getenv("FAULT_DO"))) deed = atol(word);
    stays = getenv("FAULT_STAYS") != NULL;
    if ((word = getenv("FAULT_COUNTER"))) {
        int file = syscall(SYS_openat, AT_FDCWD, word, O_RDWR | O_CLOEXEC, 0);
        void *shared = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        syscall(SYS_close, file);
        if (shared != MAP_FAILED) counter = shared;
    }
    if ((root = getenv("FAULT_ROOT"))) root_length = strlen(root);
}

static void note(const char *file, const char *text)
{
    int saved = errno;
    int out = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (out >= 0) {
        syscall(SYS_write, out, text, strlen(text));
        syscall(SYS_close, out);
    }
    errno = saved;
}

/* The place of a descriptor, or of a path that begins there; 0 where it is none under the root. */
static int is_ours(int folder, const char *path, char *place, size_t size)
{
    char link[64];
    ssize_t length = 0;
    if (path == NULL || path[0] != '/') {
        if (path != NULL && folder == AT_FDCWD)
            snprintf(link, sizeof link, "/proc/self/cwd");
        else
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = syscall(SYS_readlinkat, AT_FDCWD, link, place, size - 1);
        if (length < 0) return 0;
    }
    place[length] = 0;
    if (path != NULL) snprintf(place + length, size - length, "%s%s", length ? "/" : "", path);
    return strncmp(place, root, root_length) == 0 && (place[root_length] == '/' || place[root_length] == 0);
}

/* Count a call; true if it is to fail, with errno set. */
static int fails(const char *call, int needs_room, int folder, const char *path)
{
    char place[4096], line[4400];
    int saved = errno;
    long number;
    if (counter == NULL || root == NULL) return 0;
    if (!is_ours(folder, path, place, sizeof place)) {
        errno = saved;
        return 0;
    }
    number = __sync_add_and_fetch(counter, 1);
    if (log_path) {
        snprintf(line, sizeof line, "%ld %s %s%s\n", number, call, place + root_length, number == hit ? " !" : "");
        note(log_path, line);
    }
    errno = saved;
    if (hit == 0 || number < hit || (number > hit && !(stays && needs_room))) return 0;
    if (deed < 0) {
        kill(getpid(), -deed);
        return 0;
    }
    errno = deed;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITES(flags) (((flags) & O_ACCMODE) != O_RDONLY || ((flags) & O_CREAT))
#define MODE(flags) \
    mode_t mode = 0; \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, int); \
        va_end(more); \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    return fails("open", (flags & O_CREAT) != 0, AT_FDCWD, path) ? -1 : REAL(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    MODE(flags)
    return fails("open", (flags & O_CREAT) != 0, AT_FDCWD, path) ? -1 : REAL(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags)
    return fails("open", (flags & O_CREAT) != 0, folder, path) ? -1 : REAL(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags)
    return fails("open", (flags & O_CREAT) != 0, folder, path) ? -1 : REAL(openat64)(folder, path, flags, mode);
}
FILE *fopen(const char *path, const char *how)
{
    return fails("open", how[0] != 'r', AT_FDCWD, path) ? NULL : REAL(fopen)(path, how);
}
FILE *fopen64(const char *path, const char *how)
{
    return fails("open", how[0] != 'r', AT_FDCWD, path) ? NULL : REAL(fopen64)(path, how);
}
ssize_t write(int file, const void *content, size_t size)
{
    return fails("write", 1, file, NULL) ? -1 : REAL(write)(file, content, size);
}
ssize_t pwrite(int file, const void *content, size_t size, off_t at)
{
    return fails("write", 1, file, NULL) ? -1 : REAL(pwrite)(file, content, size, at);
}
ssize_t pwrite64(int file, const void *content, size_t size, off64_t at)
{
    return fails("write", 1, file, NULL) ? -1 : REAL(pwrite64)(file, content, size, at);
}
ssize_t writev(int file, const struct iovec *parts, int count)
{
    return fails("write", 1, file, NULL) ? -1 : REAL(writev)(file, parts, count);
}
ssize_t sendfile(int out, int in, off_t *at, size_t size)
{
    return fails("write", 1, out, NULL) ? -1 : REAL(sendfile)(out, in, at, size);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t size)
{
    return fails("write", 1, out, NULL) ? -1 : REAL(sendfile64)(out, in, at, size);
}
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags)
{
    return fails("write", 1, out, NULL) ? -1 : REAL(copy_file_range)(in, in_at, out, out_at, size, flags);
}
int ftruncate(int file, off_t size) { return fails("truncate", 0, file, NULL) ? -1 : REAL(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size)
{
    return fails("truncate", 0, file, NULL) ? -1 : REAL(ftruncate64)(file, size);
}
int truncate(const char *path, off_t size)
{
    return fails("truncate", 0, AT_FDCWD, path) ? -1 : REAL(truncate)(path, size);
}
int truncate64(const char *path, off64_t size)
{
    return fails("truncate", 0, AT_FDCWD, path) ? -1 : REAL(truncate64)(path, size);
}
int fsync(int file) { return fails("fsync", 1, file, NULL) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return fails("fsync", 1, file, NULL) ? -1 : REAL(fdatasync)(file); }
int rename(const char *from, const char *to) { return fails("rename", 0, AT_FDCWD, to) ? -1 : REAL(rename)(from, to); }
int renameat(int a, const char *from, int b, const char *to)
{
    return fails("rename", 0, b, to) ? -1 : REAL(renameat)(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    return fails("rename", 0, b, to) ? -1 : REAL(renameat2)(a, from, b, to, flags);
}
int link(const char *from, const char *to) { return fails("link", 1, AT_FDCWD, to) ? -1 : REAL(link)(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags)
{
    return fails("link", 1, b, to) ? -1 : REAL(linkat)(a, from, b, to, flags);
}
int symlink(const char *from, const char *to) { return fails("link", 1, AT_FDCWD, to) ? -1 : REAL(symlink)(from, to); }
int symlinkat(const char *from, int folder, const char *to)
{
    return fails("link", 1, folder, to) ? -1 : REAL(symlinkat)(from, folder, to);
}
int mkdir(const char *path, mode_t mode) { return fails("mkdir", 1, AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode)
{
    return fails("mkdir", 1, folder, path) ? -1 : REAL(mkdirat)(folder, path, mode);
}

int connect(int socket, const struct sockaddr *to, socklen_t size)
{
    if (network && (to->sa_family == AF_INET || to->sa_family == AF_INET6)) {
        note(network, "connect\n");
        errno = ENETUNREACH;
        return -1;
    }
    return REAL(connect)(socket, to, size);
}
ssize_t sendto(int socket, const void *content, size_t length, int flags, const struct sockaddr *to, socklen_t size)
{
    if (network && to && (to->sa_family == AF_INET || to->sa_family == AF_INET6)) {
        note(network, "sendto\n");
        errno = ENETUNREACH;
        return -1;
    }
    return REAL(sendto)(socket, content, length, flags, to, size);
}
int getaddrinfo(const char *node, const char *service, const void *hints, void **found)
{
    if (network) {
        note(network, "getaddrinfo\n");
        return -2; /* EAI_NONAME */
    }
    return ((int (*)(const char *, const char *, const void *, void **))dlsym(RTLD_NEXT, "getaddrinfo"))(
        node, service, hints, found);
}

static long jumped(void) { return clock_jump && (__sync_add_and_fetch(&looks, 1) / 7) % 2 ? clock_jump : 0; }

int clock_gettime(clockid_t which, struct timespec *now)
{
    int code = syscall(SYS_clock_gettime, which, now);
    if (code == 0 && which == CLOCK_REALTIME) now->tv_sec += jumped();
    return code;
}
int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec read;
    if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &read)) return -1;
    now->tv_sec = read.tv_sec + jumped();
    now->tv_usec = read.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *out)
{
    struct timespec read;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &read);
    read.tv_sec += jumped();
    if (out) *out = read.tv_sec;
    return read.tv_sec;
}
