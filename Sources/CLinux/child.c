// The step's process, first half: its file systems and what else belongs to its namespaces. The rules of this place are
// in include/child.h.
//
// The order of what is done here matters; the reasons stand at each part. Nothing is reached by a path that an image or
// a Dockerfile could bend: kernel file systems are made here and filled through their own descriptors, targets are
// resolved beneath the step's root, and every mount goes from descriptor to descriptor.
#include "child_internal.h"

#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif
#define KERNEL_MOUNT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

_Noreturn void sbi_fail(const struct sbi_step *step, enum sbi_stage stage, int code, size_t index) {
    struct sbi_report report = {.stage = stage, .code = code, .index = index};
    ssize_t written;
    do written = write(step->report, &report, sizeof report);
    while (written < 0 && errno == EINTR);
    for (;;) syscall(SYS_exit_group, 127);
}

#define CHECK(call, stage) \
    do { \
        if ((call) < 0) sbi_fail(step, stage, errno, 0); \
    } while (0)

// A new file system of one of the kernel's kinds, as a detached mount. `options` are pairs of key and value.
static int make_file_system(const char *type, const char *const *options, unsigned attributes) {
    int context = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    for (; options && options[0]; options += 2) {
        if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, options[0], options[1], 0) < 0) return -1;
    }
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -1;
    int mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    close(context);
    return mount;
}

static int open_beneath(int root, const char *path, int flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    for (int tries = 0; tries < 128; tries++) {
        int fd = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return fd;
    }
    return -1;
}

// Attaches a kernel file system to a directory of the image, which must be a real directory: an image that has a link
// there would choose another place.
static void attach_in_image(const struct sbi_step *step, const char *name, int mount, enum sbi_stage stage) {
    int target = open_beneath(step->root, name, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    CHECK(target, stage);
    CHECK(sbi_move_mount(mount, target, ""), stage);
    close(target);
}

static int clone_named(const char *path) { return sbi_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC); }

// Nodes that a step without a sandbox has besides. Whether there is a driver behind one shows when it is opened.
static void make_devices(const struct sbi_step *step, int dev) {
    for (size_t i = 0; i < step->device_count; i++) {
        const struct sbi_device *device = &step->devices[i];
        const char *slash = strchr(device->name, '/');
        char parent[64] = {0};
        if (slash && (size_t)(slash - device->name) < sizeof parent) {
            memcpy(parent, device->name, slash - device->name);
            if (mkdirat(dev, parent, 0755) < 0 && errno != EEXIST) sbi_fail(step, SBI_STAGE_DEV, errno, 0);
        }
        mode_t type = device->is_block ? S_IFBLK : S_IFCHR;
        CHECK(mknodat(dev, device->name, type | 0666, makedev(device->major, device->minor)), SBI_STAGE_DEV_NODE);
    }
}

// /dev: filled through the descriptor of its mount before anything of the image could be in the way. The nodes are
// single files of the launcher's tmpfs; /dev itself allows no devices, so a node that the step makes stays dead.
static int make_dev(const struct sbi_step *step) {
    static const char *const options[] = {"mode", "0755", "size", "64m", NULL};
    unsigned devices = step->is_insecure ? 0 : MOUNT_ATTR_NODEV;
    int dev = make_file_system("tmpfs", options, MOUNT_ATTR_NOSUID | devices | MOUNT_ATTR_STRICTATIME);
    CHECK(dev, SBI_STAGE_DEV);
    for (int i = 0; i < SBI_NODE_COUNT; i++) {
        int file = openat(dev, sbi_nodes[i].name + 1, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        CHECK(file, SBI_STAGE_DEV);
        close(file);
    }
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"},          {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"},    {"pts/ptmx", "ptmx"},
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        CHECK(symlinkat(links[i][0], dev, links[i][1]), SBI_STAGE_DEV);
    }
    CHECK(mkdirat(dev, "pts", 0755), SBI_STAGE_DEV);
    CHECK(mkdirat(dev, "shm", 01777), SBI_STAGE_DEV);
    CHECK(mkdirat(dev, "mqueue", 01777), SBI_STAGE_DEV);
    make_devices(step, dev);
    attach_in_image(step, "dev", dev, SBI_STAGE_DEV);

    for (int i = 0; i < SBI_NODE_COUNT; i++) {
        int node = clone_named(sbi_nodes[i].name);
        CHECK(node, SBI_STAGE_DEV_NODE);
        CHECK(sbi_move_mount(node, dev, sbi_nodes[i].name + 1), SBI_STAGE_DEV_NODE);
        close(node);
    }
    static const char *const pts_options[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
    int pts = make_file_system("devpts", pts_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    CHECK(pts, SBI_STAGE_DEV_PTS);
    CHECK(sbi_move_mount(pts, dev, "pts"), SBI_STAGE_DEV_PTS);
    close(pts);
    static const char *const shm_options[] = {"mode", "1777", "size", "64m", NULL};
    int shm = make_file_system("tmpfs", shm_options, KERNEL_MOUNT);
    CHECK(shm, SBI_STAGE_DEV_SHM);
    CHECK(sbi_move_mount(shm, dev, "shm"), SBI_STAGE_DEV_SHM);
    close(shm);
    // A kernel may come without message queues.
    int queues = make_file_system("mqueue", NULL, KERNEL_MOUNT);
    if (queues >= 0) {
        CHECK(sbi_move_mount(queues, dev, "mqueue"), SBI_STAGE_DEV);
        close(queues);
    }
    return dev;
}

// Hides what is beneath a kernel file system: a directory behind an empty one, a file behind the null device.
static void mask(const struct sbi_step *step, int base, const char *path) {
    int target = openat(base, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0 && (errno == ENOENT || errno == ENOTDIR)) return;
    CHECK(target, SBI_STAGE_MASK);
    struct stat found;
    CHECK(fstat(target, &found), SBI_STAGE_MASK);
    int cover = clone_named(S_ISDIR(found.st_mode) ? SBI_EMPTY_DIRECTORY : sbi_nodes[0].name);
    CHECK(cover, SBI_STAGE_MASK);
    CHECK(sbi_move_mount(cover, target, ""), SBI_STAGE_MASK);
    close(cover);
    close(target);
}

static void make_read_only(const struct sbi_step *step, int base, const char *path) {
    int copy = sbi_open_tree(base, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
    if (copy < 0 && (errno == ENOENT || errno == ENOTDIR)) return;
    CHECK(copy, SBI_STAGE_READ_ONLY);
    struct mount_attr change = {.attr_set = MOUNT_ATTR_RDONLY | KERNEL_MOUNT};
    unsigned flags = AT_EMPTY_PATH | AT_RECURSIVE;
    CHECK(syscall(SYS_mount_setattr, copy, "", flags, &change, sizeof change), SBI_STAGE_READ_ONLY);
    CHECK(sbi_move_mount(copy, base, path), SBI_STAGE_READ_ONLY);
    close(copy);
}

static void make_proc_and_sys(const struct sbi_step *step, int dev) {
    int proc = make_file_system("proc", NULL, KERNEL_MOUNT);
    CHECK(proc, SBI_STAGE_PROC);
    attach_in_image(step, "proc", proc, SBI_STAGE_PROC);
    if (syscall(SYS_faccessat, proc, "kcore", F_OK) == 0) CHECK(symlinkat("/proc/kcore", dev, "core"), SBI_STAGE_DEV);
    for (const char *const *path = step->read_only_proc; *path; path++) make_read_only(step, proc, *path);
    for (const char *const *path = step->masked_proc; *path; path++) mask(step, proc, *path);
    close(proc);

    unsigned read_only = step->is_insecure ? 0 : MOUNT_ATTR_RDONLY;
    int sys = make_file_system("sysfs", NULL, KERNEL_MOUNT | read_only);
    CHECK(sys, SBI_STAGE_SYS);
    attach_in_image(step, "sys", sys, SBI_STAGE_SYS);
    int groups = make_file_system("cgroup2", NULL, KERNEL_MOUNT | read_only);
    if (groups < 0) groups = clone_named(SBI_EMPTY_DIRECTORY);
    CHECK(groups, SBI_STAGE_SYS);
    if (sbi_move_mount(groups, sys, "fs/cgroup") < 0 && errno != ENOENT) sbi_fail(step, SBI_STAGE_SYS, errno, 0);
    close(groups);
    for (const char *const *path = step->masked_sys; *path; path++) mask(step, sys, *path);
    close(sys);
}

// Makes the missing components of a target that lies in another mount of the step, such as a cache or /dev. In the
// step's own root nothing is made: what is missing there the parent has put into the layer of stubs.
static int make_target(int root, const char *path, int is_directory) {
    struct stat of_root;
    if (fstat(root, &of_root) < 0) return -1;
    char prefix[4096];
    size_t length = 0;
    int parent = dup(root);
    while (parent >= 0) {
        while (*path == '/') path++;
        const char *name = path;
        while (*path && *path != '/') path++;
        if (length + (path - name) + 2 > sizeof prefix) {
            errno = ENAMETOOLONG;
            return -1;
        }
        prefix[length++] = '/';
        memcpy(prefix + length, name, path - name);
        length += path - name;
        prefix[length] = 0;
        const char *last = prefix + length - (path - name);
        while (*path == '/') path++;
        int is_last = !*path;
        int fd = open_beneath(root, prefix, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
        if (fd < 0 && errno == ENOENT) {
            struct stat of_parent;
            if (fstat(parent, &of_parent) < 0) return -1;
            if (of_parent.st_dev == of_root.st_dev) {
                errno = ENOENT;
                return -1;
            }
            if (!is_last || is_directory) {
                if (mkdirat(parent, last, 0755) < 0 && errno != EEXIST) return -1;
            } else {
                int file = openat(parent, last, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
                if (file < 0 && errno != EEXIST) return -1;
                if (file >= 0) close(file);
            }
            fd = openat(parent, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        }
        close(parent);
        if (is_last) return fd;
        parent = fd;
    }
    return -1;
}

static int is_kernel_file_system(int fd) {
    struct statfs found;
    if (fstatfs(fd, &found) < 0) return 1;
    switch ((unsigned long)found.f_type) {
        case PROC_SUPER_MAGIC:
        case SYSFS_MAGIC:
        case CGROUP_SUPER_MAGIC:
        case CGROUP2_SUPER_MAGIC:
        case DEVPTS_SUPER_MAGIC:
        case MQUEUE_MAGIC:
            return 1;
        default:
            return 0;
    }
}

static int same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void attach_mounts(const struct sbi_step *step, int dev) {
    struct stat root, dev_root;
    CHECK(fstat(step->root, &root), SBI_STAGE_ROOT);
    CHECK(fstat(dev, &dev_root), SBI_STAGE_DEV);
    for (size_t i = 0; i < step->mount_count; i++) {
        const struct sbi_mount *mount = &step->mounts[i];
        int target = open_beneath(step->root, mount->target, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
        if (target < 0 && errno == ENOENT) target = make_target(step->root, mount->target, mount->is_directory);
        if (target < 0) sbi_fail(step, SBI_STAGE_MOUNT_TARGET, errno, i);
        struct stat found;
        if (fstat(target, &found) < 0) sbi_fail(step, SBI_STAGE_MOUNT_TARGET, errno, i);
        // A step without a sandbox may have a device where another is to go.
        int is_device = (S_ISCHR(found.st_mode) || S_ISBLK(found.st_mode)) && !step->is_insecure;
        int is_refused = S_ISLNK(found.st_mode) || is_device || same_file(&found, &root) || same_file(&found, &dev_root)
                      || is_kernel_file_system(target);
        if (is_refused) sbi_fail(step, SBI_STAGE_MOUNT_REFUSED, EPERM, i);
        // The kernel refuses a directory over a file and a file over a directory (ENOTDIR).
        if (sbi_move_mount(mount->mount, target, "") < 0) sbi_fail(step, SBI_STAGE_MOUNT, errno, i);
        close(target);
    }
}

static void bring_up_loopback(const struct sbi_step *step) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(control, SBI_STAGE_LOOPBACK);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    CHECK(ioctl(control, SIOCGIFFLAGS, &request), SBI_STAGE_LOOPBACK);
    request.ifr_flags |= IFF_UP;
    CHECK(ioctl(control, SIOCSIFFLAGS, &request), SBI_STAGE_LOOPBACK);
    close(control);
}

static void set_limits(const struct sbi_step *step) {
    for (size_t i = 0; i < step->limit_count; i++) {
        const struct sbi_limit *limit = &step->limits[i];
        struct rlimit64 value = {limit->soft, limit->hard};
        if (syscall(SYS_prlimit64, 0, limit->resource, &value, NULL) < 0) sbi_fail(step, SBI_STAGE_LIMIT, errno, i);
    }
}

_Noreturn void sbi_set_up(const struct sbi_step *step) {
    CHECK(syscall(SYS_setsid), SBI_STAGE_SESSION);
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

    // Our namespace is a copy of the launcher's: one tmpfs, private, in which the step's root gets a place.
    CHECK(sbi_move_mount(step->root, AT_FDCWD, SBI_ATTACH_POINT), SBI_STAGE_ROOT);
    int dev = make_dev(step);
    make_proc_and_sys(step, dev);
    attach_mounts(step, dev);

    // Streams, from the null device as it is in our /dev and nothing else.
    int null = openat(dev, "null", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    CHECK(null, SBI_STAGE_STREAMS);
    CHECK(syscall(SYS_dup3, null, 0, 0), SBI_STAGE_STREAMS);
    CHECK(syscall(SYS_dup3, step->output, 1, 0), SBI_STAGE_STREAMS);
    CHECK(syscall(SYS_dup3, step->error, 2, 0), SBI_STAGE_STREAMS);

    CHECK(fchdir(step->root), SBI_STAGE_PIVOT);
    CHECK(syscall(SYS_pivot_root, ".", "."), SBI_STAGE_PIVOT);
    CHECK(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */), SBI_STAGE_PIVOT);
    CHECK(chdir("/"), SBI_STAGE_PIVOT);

    if (step->own_network) bring_up_loopback(step);
    CHECK(syscall(SYS_sethostname, step->hostname, strlen(step->hostname)), SBI_STAGE_HOSTNAME);
    set_limits(step);
    umask(0022);

    sbi_run_program(step);
}
