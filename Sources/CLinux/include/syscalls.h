// System calls and macros that Swift's Glibc module hides. Called by the parent process, from any thread; never
// between clone and exec. Every function returns what the call returns and leaves the reason in errno.
#pragma once
#include <dirent.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// What statx(2) tells of one file; times in seconds and nanoseconds since the epoch.
struct sbi_status {
    uint32_t mode, uid, gid, links;
    uint64_t size, inode, blocks;
    uint64_t device, special_device;  // as makedev(3) writes them
    int64_t modified_seconds, changed_seconds, born_seconds;
    uint32_t modified_nanoseconds, changed_nanoseconds, born_nanoseconds;
};

/// statx(2) of `name` beneath `directory`, links not followed; an empty name is the descriptor itself.
int sbi_status_at(int directory, const char *name, struct sbi_status *result);

/// openat2(2). `resolve` is a set of SBI_RESOLVE_* flags.
int sbi_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
extern const uint64_t SBI_RESOLVE_IN_ROOT, SBI_RESOLVE_BENEATH, SBI_RESOLVE_NO_MAGICLINKS, SBI_RESOLVE_NO_SYMLINKS;

/// getdents64(2): bytes written to `buffer`, 0 at the end.
ssize_t sbi_getdents(int directory, void *buffer, size_t size);

/// renameat2(2) with RENAME_NOREPLACE where `keep_existing` is not 0.
int sbi_rename(int from_directory, const char *from, int to_directory, const char *to, int keep_existing);

/// Gives a file without a name (O_TMPFILE) the name `to` in `to_directory`.
int sbi_link_descriptor(int descriptor, int to_directory, const char *to);

/// Sets the modification time, links not followed; an empty name is the descriptor itself. The access time is set alike.
int sbi_set_times(int directory, const char *name, int64_t seconds, uint32_t nanoseconds);

/// Sets owner and group, links not followed; an empty name is the descriptor itself.
int sbi_set_owner(int directory, const char *name, uint32_t uid, uint32_t gid);

int sbi_make_node(int directory, const char *name, uint32_t mode, uint64_t device);
uint64_t sbi_make_device(uint32_t major, uint32_t minor);
uint32_t sbi_device_major(uint64_t device);
uint32_t sbi_device_minor(uint64_t device);

/// flock(2): exclusive or shared; with `wait` 0 fails with EWOULDBLOCK when another has it.
int sbi_lock(int descriptor, int exclusive, int wait);

int sbi_copy_range(int from, int to, uint64_t length);  // copy_file_range(2), the descriptors' own offsets
int sbi_reflink(int from, int to);                       // FICLONE
int sbi_syncfs(int descriptor);

/// posix_spawn_file_actions_addclosefrom_np(3): the child closes all descriptors from this one on.
int sbi_close_from(posix_spawn_file_actions_t *actions, int first);

/// pidfd_open(2): a descriptor that becomes readable when the process ends.
int sbi_open_process(int pid);

/// The magic number of the file system that holds the descriptor (statfs(2)); 0 on failure.
int64_t sbi_file_system_magic(int descriptor);
/// Free bytes for unprivileged use, and the size of the file system.
int sbi_file_system_space(int descriptor, uint64_t *free_bytes, uint64_t *total_bytes);

/// Clears the immutable and append-only attributes of an open file (chattr); 1 if one was set, 0 if none, -1 on failure.
int sbi_clear_immutable(int descriptor);

/// From now on no core dump of this process is written, and no other user may look into it: prctl(2), PR_SET_DUMPABLE.
void sbi_forbid_dumps(void);

/// Stream sockets of AF_UNIX that never block and that no program inherits; -1 and errno on failure.
/// A new one that listens, its file `name` made in `directory`.
int sbi_listen(int directory, const char *name);
/// accept4(2).
int sbi_accept(int listener);
/// A new one that is connected to the socket at a path of the host.
int sbi_connect(const char *path);
/// send(2), which never raises SIGPIPE.
ssize_t sbi_send(int socket, const void *bytes, size_t count);

/// The number of a loop device that nobody uses (LOOP_CTL_GET_FREE), or -1 where there are none.
int sbi_free_loop_device(void);

/// CLOCK_REALTIME_COARSE, the clock that file times come from.
void sbi_file_clock(int64_t *seconds, uint32_t *nanoseconds);
