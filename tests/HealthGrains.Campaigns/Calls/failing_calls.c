/* Makes the n-th file system call of a server fail (LD_PRELOAD).
 *
 * The campaign that starts the server shares one page of memory with it (HG_FAIL_CONTROL, a file): there it arms one call at a
 * time, while the server runs or before it starts, and reads how many calls there were, whether one failed, when and on which
 * file. Only files below HG_FAIL_PATH are seen, never a socket or a pipe.
 *
 * It sees what a program calls through its dynamic symbols, and what it looks up by name in the C library, as the runtime of
 * .NET does for its platform invocations: the lookup itself (dlsym) is ours too. It does not see static programs, io_uring,
 * nor writes through mapped memory. A call that fails is not made; what was written before it stays in the page cache.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum call { OPEN, WRITE, FSYNC, FDATASYNC, RENAME, CALLS };

/* The same layout as FailingCalls.cs. */
struct control {
    _Atomic uint64_t seen[8];  /* calls of each kind since the campaign began */
    _Atomic uint64_t armed;    /* 0 none, else 1 + the kind that is to fail */
    _Atomic uint64_t since;    /* calls of that kind since it was armed */
    uint64_t at;               /* which of them fails, counted from 1 */
    int64_t outcome;           /* errno, or -1: half of the bytes are written */
    uint64_t swallow;          /* say that it failed, and return success: a planted bug */
    _Atomic uint64_t fired;    /* 1 when it failed */
    uint64_t fired_at;         /* CLOCK_MONOTONIC, nanoseconds */
    char path[512];            /* on which file */
};

static struct control *control;
static char root[PATH_MAX];
static size_t root_length;

static void *real(const char *name);

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("HG_FAIL_CONTROL"), *path = getenv("HG_FAIL_PATH");
    int fd;

    if (file == NULL || path == NULL)
        return;
    snprintf(root, sizeof root, "%s", path);
    root_length = strlen(root);
    fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        _exit(99);
    void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (page == MAP_FAILED)
        _exit(99);
    control = page;
}

/* Is it this call's turn? Sets errno when it is. */
static int fires(enum call call, const char *path)
{
    struct timespec now;

    if (control == NULL || strncmp(path, root, root_length) != 0)
        return 0;
    atomic_fetch_add(&control->seen[call], 1);
    if (atomic_load(&control->armed) != (uint64_t)call + 1)
        return 0;
    if (atomic_fetch_add(&control->since, 1) + 1 != control->at)
        return 0;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    control->fired_at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    strncpy(control->path, path, sizeof control->path - 1);
    atomic_store(&control->armed, 0);
    atomic_store(&control->fired, 1);
    if (control->swallow)
        return 0;
    if (control->outcome > 0)
        errno = (int)control->outcome;
    return 1;
}

static int fires_on(enum call call, int fd)
{
    char link[32], path[PATH_MAX];
    int saved = errno;

    if (control == NULL)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0 || path[0] != '/')
        return 0;
    path[length] = 0;
    return fires(call, path);
}

#define REAL(name) ({ static __typeof__(&name) real_; real_ = real_ ? real_ : (__typeof__(&name))real(#name); real_; })

static size_t half(size_t n) { return n > 1 ? n / 2 : n; }
#define WRITER(name, params, whole, part)                         \
    ssize_t name params                                           \
    {                                                             \
        if (!fires_on(WRITE, fd)) return REAL(name) whole;        \
        return control->outcome < 0 ? REAL(name) part : -1;       \
    }
WRITER(write, (int fd, const void *b, size_t n), (fd, b, n), (fd, b, half(n)))
WRITER(pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o), (fd, b, half(n), o))
WRITER(pwrite64, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o), (fd, b, half(n), o))

int fsync(int fd) { return fires_on(FSYNC, fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fires_on(FDATASYNC, fd) ? -1 : REAL(fdatasync)(fd); }
int rename(const char *from, const char *to) { return fires(RENAME, to) ? -1 : REAL(rename)(from, to); }

/* The mode exists only with O_CREAT or O_TMPFILE. */
#define OPENER(name, params, pass)                                                      \
    int name params                                                                     \
    {                                                                                   \
        mode_t mode = 0;                                                                \
        if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {               \
            va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); \
        }                                                                               \
        return fires(OPEN, path) ? -1 : REAL(name) pass;                \
    }
OPENER(open, (const char *path, int flags, ...), (path, flags, mode))
OPENER(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENER(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPENER(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))

typedef void *(*lookup)(void *, const char *);

static lookup real_lookup(void)
{
    static lookup found;
    const char *versions[] = { "GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17" };

    for (size_t i = 0; found == NULL && i < sizeof versions / sizeof *versions; i++)
        found = (lookup)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    if (found == NULL)
        _exit(98);
    return found;
}

static void *real(const char *name) { return real_lookup()(RTLD_NEXT, name); }

/* Whoever looks one of these up by name gets ours. */
void *dlsym(void *restrict handle, const char *restrict name)
{
    static const struct { const char *name; void *ours; } ours[] = {
        { "write", (void *)write }, { "pwrite", (void *)pwrite }, { "pwrite64", (void *)pwrite64 },
        { "fsync", (void *)fsync }, { "fdatasync", (void *)fdatasync }, { "rename", (void *)rename },
        { "open", (void *)open }, { "open64", (void *)open64 }, { "openat", (void *)openat } };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i].name) == 0)
            return ours[i].ours;
    return real_lookup()(handle, name);
}
