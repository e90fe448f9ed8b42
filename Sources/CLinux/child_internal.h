// Shared by launcher.c, init.c, child.c and program.c; not for Swift.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/child.h"

// Names inside the launcher's tmpfs.
#define SBI_ATTACH_POINT "/root"
#define SBI_EMPTY_DIRECTORY "/empty"

struct sbi_node {
    const char *name;  // in the launcher's tmpfs; the name in /dev is without the slash
    unsigned major, minor;
};
#define SBI_NODE_COUNT 6
extern const struct sbi_node sbi_nodes[SBI_NODE_COUNT];

// In the outer process: starts the step's process, waits for it and reports. `parent` is a pidfd of the engine.
_Noreturn void sbi_child(const struct sbi_step *step, int parent);

// In either process: tells the parent what failed, and ends.
_Noreturn void sbi_fail(const struct sbi_step *step, enum sbi_stage stage, int code, size_t index);

// In the step's process: makes its file systems, then sbi_run_program.
_Noreturn void sbi_set_up(const struct sbi_step *step);

// In the step's process: takes its user and capabilities and executes its program.
_Noreturn void sbi_run_program(const struct sbi_step *step);

static inline int sbi_open_tree(int directory, const char *path, unsigned flags) {
    return syscall(SYS_open_tree, directory, path, flags);
}

static inline int sbi_move_mount(int mount, int directory, const char *path) {
    unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
    return syscall(SYS_move_mount, mount, "", directory, path, flags);
}
