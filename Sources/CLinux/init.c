// PID 1 of a step that runs as another user than root. It never executes anything: the kernel would forget
// PR_SET_PDEATHSIG at the first setuid program, and the step would outlive a killed engine.
#include "child_internal.h"

#include <linux/capability.h>
#include <sys/wait.h>

#define CHECK(call, stage) \
    do { \
        if ((call) < 0) sbi_fail(step, stage, errno, 0); \
    } while (0)

void sbi_become_init(const struct sbi_step *step) {
    long pid = syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
    CHECK(pid, SBI_STAGE_INIT);
    if (pid == 0) {
        // The step leads a session of its own, as it would as PID 1.
        CHECK(syscall(SYS_setsid), SBI_STAGE_SESSION);
        return;
    }

    // We hold a copy of the engine's memory: no descriptor but the report, no capability, and not dumpable (set before),
    // so that not even root in the step can look into us.
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
        long ended = syscall(SYS_wait4, -1, &status, 0, NULL);
        if (ended == pid) sbi_fail(step, SBI_STAGE_EXITED, status, 0);
        if (ended < 0 && errno != EINTR) sbi_fail(step, SBI_STAGE_INIT, errno, 0);
    }
}
