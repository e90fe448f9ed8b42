// The one place where a step's process is made: a launcher thread, clone3(2), and what the child does until exec.
//
// The launcher clones an outer process, PID 1 of a pid namespace of its own, which dies with the launcher's thread and
// clones the step's process, PID 1 of an inner pid namespace (init.c says why). What ends the outer ends all.
//
// Sides of the clone. "Parent" functions (launcher.c) may be called by any thread of the engine. Everything in init.c,
// child.c and program.c runs in the child: it calls nothing but system calls, allocates nothing, takes no lock, and
// reads only memory that the parent prepared before the clone, of which it has its own copy. No Swift runs between
// clone and exec.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Where the child was when something failed. The Swift side has the words for each (`SetUpStage`).
enum sbi_stage {
    SBI_STAGE_NONE = 0,
    SBI_STAGE_PARENT_DIED,
    SBI_STAGE_SESSION,
    SBI_STAGE_PROPAGATION,
    SBI_STAGE_ROOT,
    SBI_STAGE_DEV,
    SBI_STAGE_DEV_NODE,
    SBI_STAGE_DEV_PTS,
    SBI_STAGE_DEV_SHM,
    SBI_STAGE_PROC,
    SBI_STAGE_SYS,
    SBI_STAGE_MASK,
    SBI_STAGE_READ_ONLY,
    SBI_STAGE_MOUNT_TARGET,   // index: which of the mounts
    SBI_STAGE_MOUNT_REFUSED,  // index: which of the mounts; its target is in a kernel file system, or is the root
    SBI_STAGE_MOUNT,          // index: which of the mounts
    SBI_STAGE_PIVOT,
    SBI_STAGE_LOOPBACK,
    SBI_STAGE_HOSTNAME,
    SBI_STAGE_LIMIT,  // index: which of the limits
    SBI_STAGE_STREAMS,
    SBI_STAGE_WORKING_DIRECTORY,
    SBI_STAGE_WORKING_DIRECTORY_OUTSIDE,
    SBI_STAGE_CAPABILITIES,
    SBI_STAGE_GROUPS,
    SBI_STAGE_USER,
    SBI_STAGE_INIT,
    SBI_STAGE_EXEC,
    SBI_STAGE_EXEC_INTERPRETER,  // the program is there, what its first line or its ELF header names is not
    SBI_STAGE_EXITED,            // no failure: the step's process ended; `code` is its wait status
};

/// What is written to the report pipe: why the program could not be executed, if so, and at last how the step's process
/// ended. No report at all means that the outer process was killed.
struct sbi_report {
    int32_t stage;
    int32_t code; // errno; for SBI_STAGE_EXITED the status as wait(2) encodes it
    int32_t index;
    int32_t reserved;
};

/// A mount of the step, beside its root: a detached mount and where it goes.
struct sbi_mount {
    int mount;           // of fsmount(2) or open_tree(2), not attached anywhere yet
    int is_directory;    // what the target is made as, where it is missing in another mount of the step
    const char *target;  // resolved beneath the step's root
};

/// A device node in the step's /dev beside the usual ones, mode 0666.
struct sbi_device {
    const char *name;  // beneath /dev; a directory in it is made
    int is_block;
    uint32_t major, minor;
};

struct sbi_limit {
    int resource;  // RLIMIT_*
    int reserved;
    uint64_t soft, hard;
};

/// One step, prepared by the parent. Descriptors must be above 2. Everything may be freed when sbi_spawn returns.
struct sbi_step {
    int root;           // the detached mount that becomes `/`
    int output, error;  // what the step writes to
    int report;         // write end of the report pipe
    int own_network;    // 0: the network of the engine
    int makes_working_directory;
    // With all that the engine itself may do, for any user: the capabilities are held by all programs, /sys and control
    // groups may be written to, and device nodes work.
    int is_insecure;
    uint32_t uid, gid;
    uint64_t capabilities;  // bit n is capability n: the bounding set, and what uid 0 has
    const char *hostname;
    const char *working_directory;  // absolute
    const char *search_path;        // PATH of the step
    char *const *arguments;
    char *const *environment;
    const uint32_t *groups;
    size_t group_count;
    const struct sbi_mount *mounts;  // in the order in which they are attached
    size_t mount_count;
    const struct sbi_device *devices;
    size_t device_count;
    const struct sbi_limit *limits;
    size_t limit_count;
    const char *const *masked_proc;  // beneath /proc, NULL at the end; missing ones are skipped
    const char *const *read_only_proc;
    const char *const *masked_sys;  // beneath /sys
};

/// A process that was started. The caller closes `pidfd` and waits for it with sbi_wait.
struct sbi_process {
    int pid;
    int pidfd;
};

/// Parent: starts the process of a step. The clone is done by the launcher thread, which is started by the first call
/// and lives until the process ends, since the kernel kills the step (PR_SET_PDEATHSIG) when the thread that cloned
/// it ends. That thread has a mount namespace of its own with nothing in it but one small tmpfs.
///
/// Returns 0, or an errno with `*failed` set to the name of the call that failed.
int sbi_spawn(const struct sbi_step *step, struct sbi_process *result, const char **failed);

/// Parent: starts the launcher thread if that is not done, as sbi_spawn would; for probing.
int sbi_start_launcher(const char **failed);

/// Parent: waits for a process that is known to have ended (its pidfd is readable) and removes it.
/// Returns 0 with the status as wait(2) encodes it, or an errno.
int sbi_wait(int pidfd, int *status);

/// Parent: pidfd_send_signal(2). Returns 0 or an errno.
int sbi_signal(int pidfd, int signal);

/// Parent: pipe2(2) with O_CLOEXEC; a buffer of `size` bytes where that is not 0 and the kernel allows it.
int sbi_pipe(int *reader, int *writer, int size);

/// Parent: thin faces of the mount calls; -1 and errno on failure.
int sbi_fsopen(const char *type);
int sbi_fsconfig_flag(int context, const char *key);
int sbi_fsconfig_string(int context, const char *key, const char *value);
int sbi_fsconfig_descriptor(int context, const char *key, int descriptor);
int sbi_fsconfig_create(int context);
int sbi_fsmount(int context, uint64_t attributes);
/// A detached copy of what the descriptor shows, with the mounts beneath it where `recursive` is not 0.
int sbi_clone_mount(int descriptor, int recursive);
/// Sets attributes of a mount, of those beneath it too where `recursive` is not 0, and makes them private.
int sbi_set_mount_attributes(int mount, uint64_t attributes, int recursive);

extern const uint64_t SBI_MOUNT_READ_ONLY, SBI_MOUNT_NO_SUID, SBI_MOUNT_NO_DEV, SBI_MOUNT_NO_EXEC;
