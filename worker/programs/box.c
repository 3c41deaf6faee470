#include "box.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the kernel headers of Debian 12 (6.1). Source: Documentation/userspace-api/landlock.rst,
 * Linux 6.12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define NET_BIND_AND_CONNECT_TCP 3ULL
#define SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS 3ULL

/* struct landlock_ruleset_attr as of ABI 6. An older kernel takes the longer struct as long as what it does
 * not know is 0. */
struct ruleset {
  uint64_t files;
  uint64_t net;
  uint64_t scoped;
};

#define READ_FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define READ_RIGHTS (READ_FILE_RIGHTS | LANDLOCK_ACCESS_FS_READ_DIR)
/* No EXECUTE: what a program writes it cannot run. No device nodes, no sockets. */
#define WRITE_RIGHTS                                                                              \
  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |   \
   LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |     \
   LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)
#define DEVICE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

/* The system as every program may see it. What a machine does not have is passed over. /proc is left out on
 * purpose: it shows other processes; of /etc only what the loader, fontconfig and the clock need. */
static const char* const system_read[] = {
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/timezone",
    "/var/cache/fontconfig",
    "/var/lib/fonts",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
};

/* Calls that no media program needs. io_uring is among them because it opens sockets without calling
 * socket(). */
static const char* const forbidden_calls[] = {
    "socket",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    "mount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "keyctl",
    "add_key",
    "request_key",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "fanotify_init",
    "open_by_handle_at",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "quotactl_fd",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "vhangup",
    "syslog",
    "lookup_dcookie",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Grants `rights` on a path; a file takes only those that a file can have, or the kernel answers EINVAL. */
static int grant(int ruleset, const char* path, uint64_t rights) {
  int file = open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return -1;
  struct stat status;
  if (fstat(file, &status) != 0) return -1;
  if (!S_ISDIR(status.st_mode)) rights &= READ_FILE_RIGHTS | DEVICE_RIGHTS | LANDLOCK_ACCESS_FS_TRUNCATE;
  struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = file};
  long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(file);
  return result == 0 ? 0 : -1;
}

static int restrict_files(const struct box* box, const char** what) {
  *what = "Landlock (Linux 5.13 or newer with it switched on; SANDBOX=if_possible goes without)";
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return -1;

  struct ruleset rules = {.files = READ_RIGHTS | WRITE_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                   LANDLOCK_ACCESS_FS_IOCTL_DEV};
  if (abi < 2) rules.files &= ~LANDLOCK_ACCESS_FS_REFER;
  if (abi < 3) rules.files &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
  if (abi < 5) rules.files &= ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
  if (abi >= 4) rules.net = NET_BIND_AND_CONNECT_TCP;
  if (abi >= 6) rules.scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS; /* it cannot signal the worker either */
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  if (ruleset < 0) return -1;

  for (size_t i = 0; i < COUNT(system_read); ++i) {
    if (grant(ruleset, system_read[i], READ_RIGHTS & rules.files) == 0) continue;
    if (errno == ENOENT || errno == EACCES || errno == ENOTDIR) continue;
    *what = system_read[i];
    return -1;
  }
  *what = "/dev/null";
  if (grant(ruleset, "/dev/null", (DEVICE_RIGHTS | LANDLOCK_ACCESS_FS_TRUNCATE) & rules.files) != 0)
    return -1;
  for (size_t i = 0; i < box->read_count; ++i) {
    *what = box->read[i];
    if (grant(ruleset, box->read[i], READ_RIGHTS & rules.files) != 0) return -1;
  }
  for (size_t i = 0; i < box->write_count; ++i) {
    *what = box->write[i];
    if (grant(ruleset, box->write[i], WRITE_RIGHTS & rules.files) != 0) return -1;
  }
  *what = "Landlock";
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) return -1;
  close(ruleset);
  return 0;
}

/* libseccomp answers -errno. */
static int refuse(scmp_filter_ctx filter, const char* name, int answer) {
  int call = seccomp_syscall_resolve_name(name);
  if (call == __NR_SCMP_ERROR) return 0; /* not known to this libseccomp */
  int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)answer), call, 0);
  return result == -EDOM ? 0 : result; /* EDOM: this architecture has no such call */
}

static int restrict_calls(const char** what) {
  static const uint64_t namespaces[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                        CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};
  static const uint64_t terminal[] = {TIOCSTI, TIOCLINUX}; /* typing into a terminal */
  *what = "seccomp";
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == NULL) {
    errno = ENOMEM;
    return -1;
  }
  int result = 0;
  for (size_t i = 0; result == 0 && i < COUNT(forbidden_calls); ++i)
    result = refuse(filter, forbidden_calls[i], EPERM);
  /* clone3 hides its flags in memory, where a filter cannot look; at ENOSYS the C library takes clone. */
  if (result == 0) result = refuse(filter, "clone3", ENOSYS);
  for (size_t i = 0; result == 0 && i < COUNT(namespaces); ++i)
    result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
  for (size_t i = 0; result == 0 && i < COUNT(terminal); ++i)
    result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, terminal[i]));
  if (result == 0) result = seccomp_load(filter);
  seccomp_release(filter);
  if (result == 0) return 0;
  errno = -result;
  return -1;
}

int box_enter(const struct box* box, const char** what) {
  *what = "no_new_privs";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  if (box->landlock && restrict_files(box, what) != 0) return -1;
  return restrict_calls(what);
}
