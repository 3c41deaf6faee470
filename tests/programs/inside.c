/* What the tests run inside the box: does one thing and says what came of it.
 *
 *   descriptors           prints the numbers of all open descriptors
 *   environment           prints every variable's name
 *   socket FAMILY         prints the errno of socket(FAMILY, SOCK_STREAM): 0 when it was given
 *   calls                 prints "NAME errno" for calls that no program may make
 *   stubborn HOW          starts a grandchild that ignores SIGTERM (HOW: "stay" in the group, "leave" it with
 * setsid and an empty environment), writes "PARENT SHIM GRANDCHILD" to descriptor 3 and waits for ever flood
 * BYTES           writes so many bytes to stdout and to stderr signal N              ends by signal N kill
 * PID              prints the errno of kill(PID, 0)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static void descriptors(void) {
  for (int number = 0; number < 4096; ++number)
    if (fcntl(number, F_GETFD) >= 0) printf("%d ", number);
}

static void tell(const char* name, long result) {
  printf("%s %d\n", name, result < 0 ? errno : 0);
}

static void calls(void) {
  struct io_uring_params parameters = {0};
  tell("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
  tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  tell("unshare", unshare(CLONE_NEWUSER));
  tell("clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  tell("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
  tell("io_uring", syscall(SYS_io_uring_setup, 1, &parameters));
}

static int stubborn(const char* how) {
  pid_t parent = getpid(), shim = getppid();
  int alone[2];
  char byte = 0;
  if (pipe2(alone, O_CLOEXEC) != 0) return 1;
  pid_t between = fork();
  if (between == 0) {
    if (fork() != 0) _exit(0); /* an orphan, so that only the subreaper knows it */
    signal(SIGTERM, SIG_IGN);
    if (strcmp(how, "stay") != 0) setsid();
    if (read(alone[0], &byte, 1) != 1) _exit(1);
    dprintf(3, "%d %d %d\n", parent, shim, getpid());
    if (strcmp(how, "leave") == 0) {
      char* argv[] = {"/bin/sleep", "infinity", NULL};
      char* nothing[] = {NULL};
      execve(argv[0], argv, nothing);
    }
    for (;;) pause();
  }
  waitpid(between, NULL, 0);
  if (write(alone[1], &byte, 1) != 1) return 1;
  for (;;) pause();
}

static void flood(long bytes) {
  char block[4096];
  memset(block, 'x', sizeof block);
  for (long left = bytes; left > 0; left -= (long)sizeof block) {
    size_t size = left < (long)sizeof block ? (size_t)left : sizeof block;
    if (write(1, block, size) < 0 || write(2, block, size) < 0) exit(1);
  }
  if (write(2, "the end", 7) < 0) exit(1);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  const char* value = argc > 2 ? argv[2] : "";
  if (strcmp(what, "descriptors") == 0)
    descriptors();
  else if (strcmp(what, "environment") == 0)
    for (char** entry = environ; *entry != NULL; ++entry) printf("%.*s ", (int)strcspn(*entry, "="), *entry);
  else if (strcmp(what, "socket") == 0)
    printf("%d", socket(atoi(value), SOCK_STREAM, 0) < 0 ? errno : 0);
  else if (strcmp(what, "calls") == 0)
    calls();
  else if (strcmp(what, "stubborn") == 0)
    return stubborn(value);
  else if (strcmp(what, "flood") == 0)
    flood(atol(value));
  else if (strcmp(what, "signal") == 0)
    raise(atoi(value));
  else if (strcmp(what, "kill") == 0)
    printf("%d", kill(atoi(value), 0) < 0 ? errno : 0);
  else
    return 2;
  return 0;
}
