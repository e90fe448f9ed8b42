#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/syscalls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int new_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

// Closes a descriptor and leaves errno as it is: what failed before counts.
static int give_up(int descriptor) {
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int sbi_listen(int directory, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    // The only way to name a socket relative to a descriptor.
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int listener = new_socket();
    if (listener < 0) return -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return give_up(listener);
    if (listen(listener, 64) != 0) return give_up(listener);
    return listener;
}

int sbi_accept(int listener) {
    int result;
    do result = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (result < 0 && errno == EINTR);
    return result;
}

int sbi_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, length);
    int result = new_socket();
    if (result < 0) return -1;
    // Of a local socket that is at once done or refused; EAGAIN tells that too many wait there already.
    if (connect(result, (struct sockaddr *)&address, sizeof address) != 0) return give_up(result);
    return result;
}

ssize_t sbi_send(int socket, const void *bytes, size_t count) {
    ssize_t sent;
    do sent = send(socket, bytes, count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}
