// The outer of a step's two processes: PID 1 of an outer pid namespace, whose only child is PID 1 of an inner one, the
// step itself.
//
// The kernel forgets PR_SET_PDEATHSIG when a process changes its user, or executes a program that does: a step such as
// `exec gosu user program` would outlive a killed engine. This process never executes anything and never changes its
// user, so it surely dies with the engine, and the kernel then ends all of the pid namespace, the inner one with it.
#include "child_internal.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

#define CHECK(call, stage) \
    do { \
        if ((call) < 0) sbi_fail(step, stage, errno, 0); \
    } while (0)

// For the step's process until it executes its program: it shares our memory until then, and we are stopped.
static char step_stack[256 * 1024] __attribute__((aligned(64)));

static int start_step(void *step) { sbi_set_up(step); }

_Noreturn void sbi_child(const struct sbi_step *step, int parent) {
    // The kernel ends us with the thread that cloned us from here on; if that ended before, its process is dead too.
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL), SBI_STAGE_PARENT_DIED);
    struct pollfd ended = {.fd = parent, .events = POLLIN};
    if (poll(&ended, 1, 0) != 0) sbi_fail(step, SBI_STAGE_PARENT_DIED, ESRCH, 0);
    // Nobody may trace us or read our memory or our executable through /proc; exec resets this for the step.
    prctl(PR_SET_DUMPABLE, 0);

    int flags = CLONE_VM | CLONE_VFORK | CLONE_NEWPID | SIGCHLD;
    int pid = clone(start_step, step_stack + sizeof step_stack, flags, (void *)step);
    CHECK(pid, SBI_STAGE_INIT);

    // From here on we need no descriptor but the report, and no capability.
    struct sbi_step own = *step;
    if (own.report != 3) CHECK(syscall(SYS_dup3, step->report, 3, O_CLOEXEC), SBI_STAGE_INIT);
    own.report = 3;
    step = &own;
    CHECK(syscall(SYS_close_range, 4, ~0U, 0), SBI_STAGE_INIT);
    CHECK(syscall(SYS_close_range, 0, 2, 0), SBI_STAGE_INIT);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    CHECK(syscall(SYS_capset, &header, none), SBI_STAGE_INIT);

    for (;;) {
        int status = 0;
        long found = syscall(SYS_wait4, pid, &status, 0, NULL);
        // A step that could not be started has reported why before it ended.
        if (found == pid) sbi_fail(step, SBI_STAGE_EXITED, status, 0);
        if (found < 0 && errno != EINTR) sbi_fail(step, SBI_STAGE_INIT, errno, 0);
    }
}
