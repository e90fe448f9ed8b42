// The parent's side: the launcher thread, its small mount namespace, and the faces of the mount calls.
#include "child_internal.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

const uint64_t SBI_MOUNT_READ_ONLY = MOUNT_ATTR_RDONLY;
const uint64_t SBI_MOUNT_NO_SUID = MOUNT_ATTR_NOSUID;
const uint64_t SBI_MOUNT_NO_DEV = MOUNT_ATTR_NODEV;
const uint64_t SBI_MOUNT_NO_EXEC = MOUNT_ATTR_NOEXEC;

int sbi_fsopen(const char *type) { return syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }

int sbi_fsconfig_flag(int context, const char *key) {
    return syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, key, NULL, 0);
}

int sbi_fsconfig_string(int context, const char *key, const char *value) {
    return syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0);
}

int sbi_fsconfig_descriptor(int context, const char *key, int descriptor) {
    return syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, key, NULL, descriptor);
}

int sbi_fsconfig_create(int context) { return syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0); }

int sbi_fsmount(int context, uint64_t attributes) {
    return syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned)attributes);
}

int sbi_clone_mount(int descriptor, int recursive) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
    return sbi_open_tree(descriptor, "", flags | (recursive ? AT_RECURSIVE : 0));
}

int sbi_set_mount_attributes(int mount, uint64_t attributes, int recursive) {
    struct mount_attr change = {.attr_set = attributes, .propagation = 1 << 18 /* MS_PRIVATE */};
    unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    return syscall(SYS_mount_setattr, mount, "", flags, &change, sizeof change);
}

int sbi_wait(int pidfd, int *status) {
    siginfo_t info;
    int result;
    do result = waitid(P_PIDFD, pidfd, &info, WEXITED);
    while (result != 0 && errno == EINTR);
    if (result != 0) return errno;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xFF) << 8 : info.si_status & 0x7F;
    return 0;
}

int sbi_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

int sbi_pipe(int *reader, int *writer, int size) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    if (size > 0) fcntl(ends[1], F_SETPIPE_SZ, size);
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

const struct sbi_node sbi_nodes[SBI_NODE_COUNT] = {
    {"/null", 1, 3}, {"/zero", 1, 5}, {"/full", 1, 7}, {"/random", 1, 8}, {"/urandom", 1, 9}, {"/tty", 5, 0},
};

// The launcher thread. One request at a time: whoever holds `turn` owns `request`, which the thread and the caller
// hand to and fro under `lock`.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static enum { NOT_STARTED, STARTING, IDLE, REQUESTED, DONE, BROKEN } state = NOT_STARTED;
static const struct sbi_step *request;
static struct sbi_process answer;
static int answer_code;
static const char *answer_call;
static int own_pidfd = -1;

#define TRY(call, name)                                                                                               \
    do {                                                                                                              \
        if ((call) < 0) {                                                                                             \
            *failed = name;                                                                                           \
            return errno;                                                                                             \
        }                                                                                                             \
    } while (0)

// Gives the calling thread a mount namespace that holds one read-only tmpfs and nothing of the host: copies of it are
// cheap, pin none of the host's mounts, and nothing in it is ever seen in the host's mount table.
static int enter_small_namespace(const char **failed) {
    TRY(unshare(CLONE_NEWNS), "unshare mount namespace");
    struct mount_attr private = {.propagation = 1 << 18 /* MS_PRIVATE */};
    TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof private), "mount_setattr");

    int context = sbi_fsopen("tmpfs");
    TRY(context, "fsopen tmpfs");
    TRY(sbi_fsconfig_string(context, "mode", "0755"), "fsconfig tmpfs");
    TRY(sbi_fsconfig_create(context), "fsconfig tmpfs");
    int mount = sbi_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    TRY(mount, "fsmount tmpfs");
    umask(0);
    TRY(mkdirat(mount, &SBI_ATTACH_POINT[1], 0700), "mkdir");
    TRY(mkdirat(mount, &SBI_EMPTY_DIRECTORY[1], 0755), "mkdir");
    for (int i = 0; i < SBI_NODE_COUNT; i++) {
        const struct sbi_node *node = &sbi_nodes[i];
        TRY(mknodat(mount, node->name + 1, S_IFCHR | 0666, makedev(node->major, node->minor)), "mknod");
    }
    // Read-only for good: the file system itself, so whatever attributes a copy of the mount gets.
    TRY(sbi_set_mount_attributes(mount, MOUNT_ATTR_RDONLY, 0), "mount_setattr");
    TRY(sbi_fsconfig_flag(context, "ro"), "fsconfig tmpfs ro");
    TRY(syscall(SYS_fsconfig, context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0), "fsconfig tmpfs ro");
    close(context);
    TRY(sbi_move_mount(mount, AT_FDCWD, "/"), "move_mount");
    TRY(fchdir(mount), "fchdir");
    TRY(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    TRY(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */), "umount");
    TRY(chdir("/"), "chdir");
    close(mount);
    return 0;
}

static int start_process(const struct sbi_step *step, struct sbi_process *result, const char **failed) {
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD
               | CLONE_CLEAR_SIGHAND | (step->own_network ? CLONE_NEWNET : 0),
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0 && errno == EINVAL) {
        // A kernel without control groups.
        arguments.flags &= ~(uint64_t)CLONE_NEWCGROUP;
        pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    }
    if (pid == 0) sbi_child(step, own_pidfd);
    if (pid < 0) {
        *failed = "clone3";
        return errno;
    }
    result->pid = pid;
    result->pidfd = pidfd;
    return 0;
}

static void *launcher(void *unused) {
    (void)unused;
    const char *call = NULL;
    int code = enter_small_namespace(&call);
    if (code == 0) {
        own_pidfd = syscall(SYS_pidfd_open, getpid(), 0);
        if (own_pidfd < 0) {
            code = errno;
            call = "pidfd_open";
        }
    }
    pthread_mutex_lock(&lock);
    answer_code = code;
    answer_call = call;
    state = code == 0 ? IDLE : BROKEN;
    pthread_cond_broadcast(&changed);
    while (code == 0) {
        while (state != REQUESTED) pthread_cond_wait(&changed, &lock);
        const struct sbi_step *step = request;
        pthread_mutex_unlock(&lock);
        struct sbi_process process = {-1, -1};
        const char *failed = NULL;
        int result = start_process(step, &process, &failed);
        pthread_mutex_lock(&lock);
        answer = process;
        answer_code = result;
        answer_call = failed;
        state = DONE;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

// With `turn` held. All signals stay blocked in the launcher: handlers run elsewhere, the child unblocks them itself.
static int ensure_launcher(const char **failed) {
    pthread_mutex_lock(&lock);
    if (state == NOT_STARTED) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_t thread;
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int code = pthread_create(&thread, NULL, launcher, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (code != 0) {
            pthread_mutex_unlock(&lock);
            *failed = "pthread_create";
            return code;
        }
        pthread_detach(thread);
        state = STARTING;
    }
    while (state == STARTING) pthread_cond_wait(&changed, &lock);
    int code = state == BROKEN ? answer_code : 0;
    if (code != 0) *failed = answer_call;
    pthread_mutex_unlock(&lock);
    return code;
}

int sbi_start_launcher(const char **failed) {
    pthread_mutex_lock(&turn);
    int code = ensure_launcher(failed);
    pthread_mutex_unlock(&turn);
    return code;
}

int sbi_spawn(const struct sbi_step *step, struct sbi_process *result, const char **failed) {
    pthread_mutex_lock(&turn);
    int code = ensure_launcher(failed);
    if (code == 0) {
        pthread_mutex_lock(&lock);
        request = step;
        state = REQUESTED;
        pthread_cond_broadcast(&changed);
        while (state != DONE) pthread_cond_wait(&changed, &lock);
        *result = answer;
        code = answer_code;
        if (code != 0) *failed = answer_call;
        request = NULL;
        state = IDLE;
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_unlock(&turn);
    return code;
}
