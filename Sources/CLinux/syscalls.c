#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

const uint64_t SBI_RESOLVE_IN_ROOT = RESOLVE_IN_ROOT;
const uint64_t SBI_RESOLVE_BENEATH = RESOLVE_BENEATH;
const uint64_t SBI_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;
const uint64_t SBI_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;

int sbi_status_at(int directory, const char *name, struct sbi_status *result) {
    struct statx s;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] ? 0 : AT_EMPTY_PATH);
    if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &s) != 0) return -1;
    result->mode = s.stx_mode;
    result->uid = s.stx_uid;
    result->gid = s.stx_gid;
    result->links = s.stx_nlink;
    result->size = s.stx_size;
    result->inode = s.stx_ino;
    result->blocks = s.stx_blocks;
    result->device = makedev(s.stx_dev_major, s.stx_dev_minor);
    result->special_device = makedev(s.stx_rdev_major, s.stx_rdev_minor);
    result->modified_seconds = s.stx_mtime.tv_sec;
    result->modified_nanoseconds = s.stx_mtime.tv_nsec;
    result->changed_seconds = s.stx_ctime.tv_sec;
    result->changed_nanoseconds = s.stx_ctime.tv_nsec;
    result->born_seconds = s.stx_mask & STATX_BTIME ? s.stx_btime.tv_sec : 0;
    result->born_nanoseconds = s.stx_mask & STATX_BTIME ? s.stx_btime.tv_nsec : 0;
    return 0;
}

int sbi_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    // EAGAIN says that a rename raced with the resolution: try again, but not for ever.
    for (int tries = 0; tries < 128; tries++) {
        int fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return fd;
    }
    return -1;
}

ssize_t sbi_getdents(int directory, void *buffer, size_t size) {
    return syscall(SYS_getdents64, directory, buffer, size);
}

int sbi_rename(int from_directory, const char *from, int to_directory, const char *to, int keep_existing) {
    return renameat2(from_directory, from, to_directory, to, keep_existing ? RENAME_NOREPLACE : 0);
}

int sbi_link_descriptor(int descriptor, int to_directory, const char *to) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, path, to_directory, to, AT_SYMLINK_FOLLOW);
}

int sbi_set_times(int directory, const char *name, int64_t seconds, uint32_t nanoseconds) {
    struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    if (!name[0]) return futimens(directory, times);
    return utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW);
}

int sbi_set_owner(int directory, const char *name, uint32_t uid, uint32_t gid) {
    return fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW | (name[0] ? 0 : AT_EMPTY_PATH));
}

int sbi_make_node(int directory, const char *name, uint32_t mode, uint64_t device) {
    return mknodat(directory, name, mode, device);
}

uint64_t sbi_make_device(uint32_t major_number, uint32_t minor_number) { return makedev(major_number, minor_number); }
uint32_t sbi_device_major(uint64_t device) { return major(device); }
uint32_t sbi_device_minor(uint64_t device) { return minor(device); }

int sbi_lock(int descriptor, int exclusive, int wait) {
    int result;
    do result = flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB));
    while (result != 0 && errno == EINTR);
    return result;
}

int sbi_copy_range(int from, int to, uint64_t length) {
    while (length > 0) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, length, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) { errno = ENODATA; return -1; }
        length -= n;
    }
    return 0;
}

int sbi_reflink(int from, int to) { return ioctl(to, FICLONE, from); }
int sbi_syncfs(int descriptor) { return syncfs(descriptor); }

int64_t sbi_file_system_magic(int descriptor) {
    struct statfs s;
    return fstatfs(descriptor, &s) == 0 ? (int64_t)s.f_type : 0;
}

int sbi_file_system_space(int descriptor, uint64_t *free_bytes, uint64_t *total_bytes) {
    struct statvfs s;
    if (fstatvfs(descriptor, &s) != 0) return -1;
    *free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
    *total_bytes = (uint64_t)s.f_blocks * s.f_frsize;
    return 0;
}

int sbi_clear_immutable(int descriptor) {
    int flags = 0;
    if (ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0) return errno == ENOTTY || errno == EOPNOTSUPP ? 0 : -1;
    if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))) return 0;
    flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
    return ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0 ? 1 : -1;
}

void sbi_forbid_dumps(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

void sbi_file_clock(int64_t *seconds, uint32_t *nanoseconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    *seconds = now.tv_sec;
    *nanoseconds = now.tv_nsec;
}

int sbi_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int sbi_open_process(int pid) { return syscall(SYS_pidfd_open, pid, 0); }

int sbi_free_loop_device(void) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -1;
    int number = ioctl(control, 0x4C82 /* LOOP_CTL_GET_FREE of linux/loop.h */);
    close(control);
    return number;
}
