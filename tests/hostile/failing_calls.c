// Lets one system call below some folders fail: preloaded into a process, and into those that it starts.
//
// FAILING_CALLS names a file that all of them share (struct control); FAILING_UNDER the folders, with colons between.
// Of the calls of the kinds that are armed, the one with the number `at` fails with `error`, and the later ones too if
// `lasting`; an error of -1 lets a write take, or a read give, half of what was asked for, which is no error at all.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum kind {
    OPEN, CREATE, READ, WRITE, SYNC, RENAME, MKDIR, REMOVE, CLOSE, STAT, LIST, TRUNCATE, TIMES, CHMOD, COPY, LOCK,
    ACCESS, LINK, KINDS
};

struct control {
    long long clock;  // seconds by which the clock is wrong
    unsigned kinds;  // a bit for each kind; 0: nothing is counted
    int at;
    int error;
    int lasting;
    int count;   // calls of those kinds so far
    int failed;  // those that failed
    int each[KINDS];  // calls of each kind so far
    char what[256];  // the first that failed
};

static struct control *control;
static const char *under;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAILING_CALLS");
    under = getenv("FAILING_UNDER");
    if (!path || !under) return;
    int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    int (*shut)(int) = dlsym(RTLD_NEXT, "close");
    int file = really(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    shut(file);
    if (memory != MAP_FAILED) control = memory;
}

static int is_below(const char *path) {
    for (const char *start = under; *start;) {
        size_t size = strcspn(start, ":");
        if (!strncmp(path, start, size) && (path[size] == 0 || path[size] == '/')) return 1;
        start += size + (start[size] == ':');
    }
    return 0;
}

static int place_of(int fd, char *place, size_t size) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t (*really)(const char *, char *, size_t) = dlsym(RTLD_NEXT, "readlink");
    ssize_t length = really(link, place, size - 1);
    if (length < 0) return 0;
    place[length] = 0;
    return 1;
}

// Whether the call of this kind, at `path` below the folder `fd`, is the one to fail; then errno is set.
static int fails(enum kind kind, int fd, const char *path, const char *name) {
    if (!control || !(control->kinds >> kind & 1)) return 0;
    int before = errno, found = 0;
    char place[4096] = "";
    if (path && (path[0] == '/' || fd == AT_FDCWD)) {
        found = is_below(path);
    } else if (fd >= 0 && place_of(fd, place, sizeof place)) {
        found = is_below(place);
    }
    errno = before;
    if (!found) return 0;
    __atomic_add_fetch(&control->each[kind], 1, __ATOMIC_SEQ_CST);
    int number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
    if (control->at <= 0 || (control->lasting ? number < control->at : number != control->at)) return 0;
    if (__atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST) == 1)
        snprintf(control->what, sizeof control->what, "%s %.110s %.110s", name, place, path ? path : "");
    errno = control->error;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) really; \
    if (!really) really = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define BY_PATH(type, name, kind, bad, path, parameters, arguments) \
    type name parameters { \
        REAL(name); \
        return fails(kind, AT_FDCWD, path, #name) ? bad : really arguments; \
    }
#define BELOW(type, name, kind, bad, fd, path, parameters, arguments) \
    type name parameters { \
        REAL(name); \
        return fails(kind, fd, path, #name) ? bad : really arguments; \
    }
#define BY_FD(type, name, kind, bad, fd, parameters, arguments) BELOW(type, name, kind, bad, fd, NULL, parameters, arguments)

#define MODE() \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open64(const char *path, int flags, ...) {
    MODE();
    REAL(open64);
    return fails(flags & O_CREAT ? CREATE : OPEN, AT_FDCWD, path, "open64") ? -1 : really(path, flags, mode);
}
int openat64(int fd, const char *path, int flags, ...) {
    MODE();
    REAL(openat64);
    return fails(flags & O_CREAT ? CREATE : OPEN, fd, path, "openat64") ? -1 : really(fd, path, flags, mode);
}

ssize_t read(int fd, void *to, size_t size) {
    REAL(read);
    if (!fails(READ, fd, NULL, "read")) return really(fd, to, size);
    return control->error == -1 ? really(fd, to, (size + 1) / 2) : -1;
}
ssize_t write(int fd, const void *from, size_t size) {
    REAL(write);
    if (!fails(WRITE, fd, NULL, "write")) return really(fd, from, size);
    return control->error == -1 ? really(fd, from, (size + 1) / 2) : -1;
}

BY_FD(int, fsync, SYNC, -1, fd, (int fd), (fd))
BY_FD(int, fdatasync, SYNC, -1, fd, (int fd), (fd))

BY_PATH(int, rename, RENAME, -1, to, (const char *from, const char *to), (from, to))
BELOW(int, renameat, RENAME, -1, there, to, (int here, const char *from, int there, const char *to), (here, from, there, to))
BY_PATH(int, link, LINK, -1, to, (const char *from, const char *to), (from, to))
BELOW(int, linkat, LINK, -1, there, to, (int here, const char *from, int there, const char *to, int flags), (here, from, there, to, flags))
BY_PATH(int, symlink, LINK, -1, to, (const char *from, const char *to), (from, to))

BY_PATH(int, mkdir, MKDIR, -1, path, (const char *path, mode_t mode), (path, mode))
BELOW(int, mkdirat, MKDIR, -1, fd, path, (int fd, const char *path, mode_t mode), (fd, path, mode))

BY_PATH(int, unlink, REMOVE, -1, path, (const char *path), (path))
BY_PATH(int, rmdir, REMOVE, -1, path, (const char *path), (path))
BELOW(int, unlinkat, REMOVE, -1, fd, path, (int fd, const char *path, int flags), (fd, path, flags))

int close(int fd) {  // as Linux does it: closed all the same
    REAL(close);
    int failed = fails(CLOSE, fd, NULL, "close"), error = errno;
    int result = really(fd);
    if (!failed) return result;
    errno = error;
    return -1;
}

BY_PATH(int, stat64, STAT, -1, path, (const char *path, struct stat64 *to), (path, to))
BY_PATH(int, lstat64, STAT, -1, path, (const char *path, struct stat64 *to), (path, to))
BY_FD(int, fstat64, STAT, -1, fd, (int fd, struct stat64 *to), (fd, to))
BELOW(int, fstatat64, STAT, -1, fd, path, (int fd, const char *path, struct stat64 *to, int flags), (fd, path, to, flags))

BY_PATH(DIR *, opendir, LIST, NULL, path, (const char *path), (path))
BY_FD(DIR *, fdopendir, LIST, NULL, fd, (int fd), (fd))
struct dirent64 *readdir64(DIR *folder) {
    REAL(readdir64);
    return fails(LIST, dirfd(folder), NULL, "readdir64") ? NULL : really(folder);
}

BY_FD(int, ftruncate64, TRUNCATE, -1, fd, (int fd, off64_t size), (fd, size))
BY_PATH(int, truncate64, TRUNCATE, -1, path, (const char *path, off64_t size), (path, size))
BELOW(int, utimensat, TIMES, -1, fd, path, (int fd, const char *path, const struct timespec times[2], int flags), (fd, path, times, flags))
BY_FD(int, futimens, TIMES, -1, fd, (int fd, const struct timespec times[2]), (fd, times))

BY_PATH(int, chmod, CHMOD, -1, path, (const char *path, mode_t mode), (path, mode))
BY_FD(int, fchmod, CHMOD, -1, fd, (int fd, mode_t mode), (fd, mode))
BELOW(int, fchmodat, CHMOD, -1, fd, path, (int fd, const char *path, mode_t mode, int flags), (fd, path, mode, flags))

BY_FD(ssize_t, sendfile64, COPY, -1, to, (int to, int from, off64_t *at, size_t size), (to, from, at, size))
BY_FD(ssize_t, copy_file_range, COPY, -1, to, (int from, off64_t *at, int to, off64_t *there, size_t size, unsigned flags), (from, at, to, there, size, flags))

BY_FD(int, flock, LOCK, -1, fd, (int fd, int how), (fd, how))
BY_PATH(int, access, ACCESS, -1, path, (const char *path, int how), (path, how))
BELOW(int, faccessat, ACCESS, -1, fd, path, (int fd, const char *path, int how, int flags), (fd, path, how, flags))

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int result = really(clock, now);
    if (control && clock == CLOCK_REALTIME) now->tv_sec += control->clock;
    return result;
}
