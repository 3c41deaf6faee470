/* reelspool-exec: the parent of every program that the worker runs.
 *
 *   reelspool-exec [--landlock] [--read PATH]... [--write DIR]... --in DIR -- /absolute/program ARG...
 *
 * It exists so that nothing outlives the worker, however the worker dies, and so that no program sees more
 * than it was given. A parent-death signal would not do: it follows one thread and is not inherited, so an
 * ffmpeg under a script survives it.
 *
 * Descriptors at the start: 0 /dev/null, 1 stdout, 2 stderr, 3 progress of the program; 4 control, a stream
 * socket. The program gets 0 to 3, the environment of this process, and nothing else.
 *
 * Control, worker to shim, one byte each:
 *   g   go: start the program. Nothing is started before, so the worker can first write down who we are.
 *   t   SIGTERM to the program's group, and to what left it
 *   k   SIGKILL to every descendant
 *   end-of-file   the worker is dead: as k
 * Control, shim to worker, one line each:
 *   failed ERRNO WHAT    the program could not be started (written by the child that was to become it)
 *   exit N | signal N    how the program ended; written once no descendant is left
 *
 * How everything is found: this process is a subreaper, so an orphaned descendant becomes its child, even one
 * that made a session of its own. A direct child's pid cannot be reused before we wait for it, so killing
 * direct children until there are none is free of races and ends the whole tree; each death wakes us
 * (SIGCHLD), and the kernel hands the dead process's children over before it sends that signal.
 *
 * Supervisors signal whole process trees (PM2: SIGINT, deepest first); this process ignores what they send,
 * or it would die before its children. If it is killed all the same, the worker ends the session.
 *
 * Exit status: 0 after `exit` or `signal` was reported or the worker died, 2 when misused.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"

enum { control = 4 };

static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                              SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};

struct order {
  const char* directory;
  char** program; /* argv, ended by NULL */
  struct box box;
};

static struct {
  pid_t pid;  /* the program; also the number of its group */
  int reaped; /* from here on its number may belong to somebody else */
  int status; /* as waitpid tells it, once reaped */
  enum { running, asked, killing } stage;
} child;

static int misused(const char* why) {
  dprintf(2, "reelspool-exec: %s\n", why);
  return 2;
}

/* Fills `order` from argv, which it points into. */
static const char* read_arguments(int argc, char** argv, struct order* order) {
  order->box.read = calloc((size_t)argc, sizeof(char*));
  order->box.write = calloc((size_t)argc, sizeof(char*));
  if (order->box.read == NULL || order->box.write == NULL) return "out of memory";
  int at = 1;
  for (; at < argc && strcmp(argv[at], "--") != 0; ++at) {
    if (strcmp(argv[at], "--landlock") == 0) {
      order->box.landlock = 1;
      continue;
    }
    if (at + 1 >= argc) return "an option lacks its value";
    if (strcmp(argv[at], "--read") == 0)
      order->box.read[order->box.read_count++] = argv[at + 1];
    else if (strcmp(argv[at], "--write") == 0)
      order->box.write[order->box.write_count++] = argv[at + 1];
    else if (strcmp(argv[at], "--in") == 0)
      order->directory = argv[at + 1];
    else
      return "unknown option";
    ++at;
  }
  if (at + 1 >= argc) return "no program after --";
  if (order->directory == NULL) return "no --in DIR";
  order->program = argv + at + 1;
  return NULL;
}

/* In the child: reports why it cannot become the program, and ends. */
static void fail(const char* what) {
  int why = errno;
  dprintf(control, "failed %d %s\n", why, what);
  _exit(126);
}

/* In the child: from a copy of the shim to the program. */
static void become(const struct order* order) {
  setpgid(0, 0);
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL); /* "ignored" would be inherited */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  /* A busy encoder yields to whatever else the server does, and is what the kernel ends first when memory
   * runs out: a lost encode is made again, a lost worker interrupts every job. Neither is worth failing for.
   */
  if (nice(5) == -1) errno = 0;
  int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (oom >= 0) {
    if (write(oom, "500", 3) < 0) errno = 0;
    close(oom);
  }

  if (chdir(order->directory) != 0) fail(order->directory);
  const char* what = "";
  if (box_enter(&order->box, &what) != 0) fail(what);
  execv(order->program[0], order->program);
  fail(order->program[0]);
}

/* Sends `number` to our direct children; with `outside_only`, to those that left the program's group. */
static void signal_children(int number, int outside_only) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE* list = fopen(path, "re");
  if (list == NULL) return; /* no /proc: the group was signalled, and the worker looks for the rest */
  int pid;
  while (fscanf(list, "%d", &pid) == 1)
    if (!outside_only || getpgid(pid) != child.pid) kill(pid, number);
  fclose(list);
}

/* Asks the program and what it started to end, once. */
static void ask_to_end(void) {
  if (child.stage != running) return;
  child.stage = asked;
  if (!child.reaped) kill(-child.pid, SIGTERM);
  signal_children(SIGTERM, 1);
}

/* Kills what can be seen now; called again after each death until nothing is left. */
static void kill_all(void) {
  child.stage = killing;
  if (!child.reaped) kill(-child.pid, SIGKILL); /* at one blow, so that nothing can fork away from it */
  signal_children(SIGKILL, 0);
}

/* Waits for what has died. Returns 0 once no child is left. */
static int reap(void) {
  for (;;) {
    /* Look first: while the program is a zombie its group's number is still its own, and can be killed
     * safely. */
    siginfo_t dead = {0};
    if (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == ECHILD ? 0 : 1;
    if (dead.si_pid == 0) return 1;
    /* A program that ended by itself leaves nothing behind. One that was asked to end gives its children the
     * same grace. */
    if (dead.si_pid == child.pid && child.stage == running) kill_all();
    int status = 0;
    if (waitpid(dead.si_pid, &status, 0) == child.pid) {
      child.reaped = 1;
      child.status = status;
    }
  }
}

/* Until no descendant is left: obeys the worker, reaps. */
static void look_after(int deaths) {
  struct pollfd watched[2] = {{.fd = deaths, .events = POLLIN}, {.fd = control, .events = POLLIN}};
  while (reap()) {
    if (child.stage == killing) kill_all();
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[0].revents != 0) {
      struct signalfd_siginfo news[8];
      if (read(deaths, news, sizeof news) < 0 && errno != EAGAIN && errno != EINTR) kill_all();
    }
    if (watched[1].revents != 0) {
      char order = 'k'; /* end-of-file, or a broken channel */
      ssize_t got = read(control, &order, 1);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got != 1) watched[1].fd = -1; /* poll passes it over from now on */
      if (got == 1 && order == 't')
        ask_to_end();
      else
        kill_all();
    }
  }
}

int main(int argc, char** argv) {
  struct order order = {0};
  const char* wrong = read_arguments(argc, argv, &order);
  if (wrong != NULL) return misused(wrong);
  if (fcntl(control, F_SETFD, FD_CLOEXEC) != 0)
    return misused("descriptor 4 is not open; the worker starts this program");
  if (close_range(control + 1, ~0U, 0) != 0) return misused("cannot close descriptors");

  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; ++i) signal(ignored[i], SIG_IGN);
  setsid(); /* fails, rightly, when the worker has made us a session already */
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  prctl(PR_SET_NAME, "reelspool-exec", 0, 0, 0);
  sigset_t deaths_only;
  sigemptyset(&deaths_only);
  sigaddset(&deaths_only, SIGCHLD);
  sigprocmask(SIG_BLOCK, &deaths_only, NULL);
  int deaths = signalfd(-1, &deaths_only, SFD_CLOEXEC | SFD_NONBLOCK);
  if (deaths < 0) return misused("no signalfd");

  char go = 0;
  ssize_t got;
  do got = read(control, &go, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1 || go != 'g') return 0; /* stopped, or the worker died, before anything began */

  child.pid = fork();
  if (child.pid < 0) fail("fork");
  if (child.pid == 0) become(&order);
  setpgid(child.pid, child.pid); /* here as well as there: whoever comes first, a `t` finds the group */

  /* Our copies of the program's pipes go, so that end-of-file on them means the program's processes are gone.
   */
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int number = 1; number <= 3; ++number)
    if (null < 0 || dup2(null, number) < 0) close(number);

  look_after(deaths);
  if (WIFSIGNALED(child.status))
    dprintf(control, "signal %d\n", WTERMSIG(child.status));
  else
    dprintf(control, "exit %d\n", WEXITSTATUS(child.status));
  return 0;
}
