// The step's process, second half: working directory, user, capabilities, search for the program, exec.
#include "child_internal.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define CHECK(call, stage) \
    do { \
        if ((call) < 0) sbi_fail(step, stage, errno, 0); \
    } while (0)

static void make_working_directory(const char *path) {
    char prefix[4096];
    for (size_t i = 0; i < sizeof prefix; i++) {
        int ends = !path[i] || path[i] == '/';
        if (ends && i > 0) {
            prefix[i] = 0;
            mkdir(prefix, 0755);
        }
        if (!path[i]) return;
        prefix[i] = path[i];
    }
}

// A working directory such as /proc/self/fd/7 could lie outside the root: the kernel then says so in its path.
static void check_working_directory(const struct sbi_step *step) {
    char path[4096];
    long length = syscall(SYS_getcwd, path, sizeof path);
    if (length < 0 && errno == ERANGE) return;  // too long for the buffer, so it is no "(unreachable)" one
    CHECK(length, SBI_STAGE_WORKING_DIRECTORY_OUTSIDE);
    if (path[0] != '/') sbi_fail(step, SBI_STAGE_WORKING_DIRECTORY_OUTSIDE, ENOENT, 0);
}

// `is_ambient`: they are handed on to every program, whoever runs it.
static void set_capabilities(const struct sbi_step *step, uint64_t wanted, int is_ambient) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2];
    CHECK(syscall(SYS_capget, &header, held), SBI_STAGE_CAPABILITIES);
    for (int i = 0; i < 2; i++) {
        held[i].permitted &= (uint32_t)(wanted >> (32 * i));
        held[i].effective = held[i].permitted;
        held[i].inheritable = is_ambient ? held[i].permitted : 0;
    }
    CHECK(syscall(SYS_capset, &header, held), SBI_STAGE_CAPABILITIES);
    for (int number = 0; is_ambient && number < 64; number++) {
        if (!(held[number / 32].permitted >> (number % 32) & 1)) continue;
        CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), SBI_STAGE_CAPABILITIES);
    }
}

static void reset_signals(void) {
    // Larger than the kernel's struct sigaction of any architecture; zero is SIG_DFL with no flags.
    char standard[64] = {0};
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, standard, NULL, 8);
    uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

static void execute(const struct sbi_step *step, const char *path) {
    syscall(SYS_execve, path, step->arguments, step->environment);
}

// As execvp(3), in the step's own PATH; a file without a known format is not given to a shell.
static _Noreturn void search_and_execute(const struct sbi_step *step) {
    const char *name = step->arguments[0];
    if (strchr(name, '/')) {
        execute(step, name);
        int code = errno;
        int is_there = code == ENOENT && syscall(SYS_faccessat, AT_FDCWD, name, F_OK) == 0;
        sbi_fail(step, is_there ? SBI_STAGE_EXEC_INTERPRETER : SBI_STAGE_EXEC, code, 0);
    }
    int code = ENOENT, is_there = 0;
    char path[8192];
    size_t name_length = strlen(name);
    const char *start = step->search_path;
    while (name_length > 0 && *start) {
        const char *end = strchr(start, ':');
        if (!end) end = start + strlen(start);
        size_t length = end - start;
        if (length > 0 && length + name_length + 2 < sizeof path) {
            memcpy(path, start, length);
            path[length] = '/';
            memcpy(path + length + 1, name, name_length + 1);
            execute(step, path);
            if (errno == EACCES) {
                code = EACCES;  // a directory or a file that may not be run: the search goes on
            } else if (errno == ENOENT || errno == ENOTDIR) {
                if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0) is_there = 1;
            } else {
                sbi_fail(step, SBI_STAGE_EXEC, errno, 0);
            }
        }
        start = *end ? end + 1 : end;
    }
    sbi_fail(step, is_there && code == ENOENT ? SBI_STAGE_EXEC_INTERPRETER : SBI_STAGE_EXEC, code, 0);
}

_Noreturn void sbi_run_program(const struct sbi_step *step) {
    if (step->makes_working_directory) make_working_directory(step->working_directory);
    // First as root, which reaches what the user may not search; where a file system shuts root out, again as the user.
    int needs_change = chdir(step->working_directory) < 0;
    if (needs_change && errno != EACCES) sbi_fail(step, SBI_STAGE_WORKING_DIRECTORY, errno, 0);

    // A seccomp filter is to be loaded here, while CAP_SYS_ADMIN is there: no_new_privs stays off, as in Docker.

    for (int capability = 0; capability < 64; capability++) {
        if (step->capabilities >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability) < 0) {
            if (errno == EINVAL) break;  // past the last one that this kernel knows
            sbi_fail(step, SBI_STAGE_CAPABILITIES, errno, 0);
        }
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // Raw calls: the C library's would try to tell threads that this copy of the process does not have.
    CHECK(syscall(SYS_setgroups, step->group_count, step->groups), SBI_STAGE_GROUPS);
    CHECK(syscall(SYS_setresgid, step->gid, step->gid, step->gid), SBI_STAGE_USER);
    if (step->is_insecure) CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), SBI_STAGE_USER);  // until exec
    CHECK(syscall(SYS_setresuid, step->uid, step->uid, step->uid), SBI_STAGE_USER);
    uint64_t capabilities = step->uid == 0 || step->is_insecure ? step->capabilities : 0;
    set_capabilities(step, capabilities, step->is_insecure);
    if (needs_change) CHECK(chdir(step->working_directory), SBI_STAGE_WORKING_DIRECTORY);
    check_working_directory(step);

    reset_signals();
    CHECK(syscall(SYS_close_range, 3, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */), SBI_STAGE_EXEC);
    search_and_execute(step);
}
