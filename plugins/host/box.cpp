#include "plugins/host/box.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

namespace reelspool {
namespace {

// Rights newer than the headers of Debian 12; the kernel's ABI number says which may be asked for. Source:
// landlock(7).
constexpr std::uint64_t access_truncate = 1ull << 14;   // ABI 3
constexpr std::uint64_t access_ioctl_dev = 1ull << 15;  // ABI 5
constexpr std::uint64_t net_bind_and_connect = 3;       // ABI 4
constexpr std::uint64_t scope_sockets_and_signals = 3;  // ABI 6
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

int landlock_abi() {
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

/// A rule set that denies all it knows of; allow() makes holes.
class Ruleset {
 public:
  Ruleset() {
    const int abi = landlock_abi();
    RulesetAttributes attributes{};
    attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
    if (abi < 2) attributes.handled_access_fs &= ~LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3) attributes.handled_access_fs |= access_truncate;
    if (abi >= 5) attributes.handled_access_fs |= access_ioctl_dev;
    if (abi >= 4) attributes.handled_access_net = net_bind_and_connect;
    if (abi >= 6) attributes.scoped = scope_sockets_and_signals;
    // An older kernel refuses a longer struct only if the part it does not know is not zero.
    fd_ = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
    failed_ = fd_ < 0 ? errno : 0;
  }
  ~Ruleset() {
    if (fd_ >= 0) close(fd_);
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  /// Lets the path be read, with all below it. A path that does not exist is passed over.
  void allow_reading(const std::filesystem::path& path, bool folder) {
    const int at = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (at < 0) return;
    landlock_path_beneath_attr rule{};
    rule.parent_fd = at;
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    if (folder) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    if (syscall(SYS_landlock_add_rule, fd_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0 && failed_ == 0)
      failed_ = errno;
    close(at);
  }

  Result<> enforce() {
    if (failed_ == 0 && syscall(SYS_landlock_restrict_self, fd_, 0) != 0) failed_ = errno;
    if (failed_ != 0) return system_error("boxing the plugin with Landlock", failed_);
    return ok;
  }

 private:
  int fd_ = -1;
  int failed_ = 0;
};

// Of a call's arguments, counted from 0. In place of libseccomp's SCMP_A0 and its like: those are C99 literals.
scmp_arg_cmp is(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

/// An allow list; what is not on it fails with EPERM.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (!context_) failed_ = ENOMEM;
    // All threads, those of a sanitizer's runtime included; a plugin's constructor may have started some as
    // well.
    if (context_) note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
  }

  void allow(std::initializer_list<int> calls) {
    for (int call : calls) note(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, call, 0));
  }
  void allow_if(int call, scmp_arg_cmp argument) {
    note(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, call, 1, argument));
  }
  void answer(int call, int error) {
    note(seccomp_rule_add(context_.get(), SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, 0));
  }

  Result<> enforce() {
    if (failed_ == 0) note(seccomp_load(context_.get()));
    if (failed_ != 0) return system_error("boxing the plugin with seccomp", failed_);
    return ok;
  }

 private:
  void note(int outcome) {
    if (outcome < 0 && failed_ == 0) failed_ = -outcome;
  }
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int failed_ = 0;
};

/// What computing needs: memory, threads, clocks, signals to itself, descriptors that are open.
void allow_computing(Filter& filter) {
  filter.allow({SCMP_SYS(read),
                SCMP_SYS(write),
                SCMP_SYS(readv),
                SCMP_SYS(writev),
                SCMP_SYS(close),
                SCMP_SYS(fstat),
                SCMP_SYS(newfstatat),
                SCMP_SYS(lseek),
                SCMP_SYS(poll),
                SCMP_SYS(ppoll),
                SCMP_SYS(mmap),
                SCMP_SYS(mprotect),
                SCMP_SYS(munmap),
                SCMP_SYS(mremap),
                SCMP_SYS(madvise),
                SCMP_SYS(brk),
                SCMP_SYS(futex),
                SCMP_SYS(rseq),
                SCMP_SYS(set_robust_list),
                SCMP_SYS(sched_yield),
                SCMP_SYS(rt_sigaction),
                SCMP_SYS(rt_sigprocmask),
                SCMP_SYS(rt_sigreturn),
                SCMP_SYS(sigaltstack),
                SCMP_SYS(nanosleep),
                SCMP_SYS(clock_nanosleep),
                SCMP_SYS(clock_gettime),
                SCMP_SYS(clock_getres),
                SCMP_SYS(gettimeofday),
                SCMP_SYS(time),
                SCMP_SYS(getpid),
                SCMP_SYS(gettid),
                SCMP_SYS(getrandom),
                SCMP_SYS(sysinfo),
                SCMP_SYS(uname),
                SCMP_SYS(getcpu),
                SCMP_SYS(sched_getaffinity),
                SCMP_SYS(membarrier),
                SCMP_SYS(restart_syscall),
                SCMP_SYS(getrusage),
                SCMP_SYS(exit),
                SCMP_SYS(exit_group)});
  // Threads, not processes. clone3 hides its flags in memory: told that it does not exist, glibc uses clone.
  filter.allow_if(SCMP_SYS(clone), has_bits(0, CLONE_THREAD, CLONE_THREAD));
  filter.answer(SCMP_SYS(clone3), ENOSYS);
  // abort() and friends; 0 as the process of prlimit64 is oneself.
  const auto self = static_cast<scmp_datum_t>(getpid());
  filter.allow_if(SCMP_SYS(tgkill), is(0, self));
  filter.allow_if(SCMP_SYS(prlimit64), is(0, 0));
  filter.allow_if(SCMP_SYS(prctl), is(0, PR_SET_NAME));
#ifdef REELSPOOL_SANITIZED
  // The runtimes of the sanitizers look at their own memory and threads; UBSan asks whether an address can be read by writing
  // from it into a pipe.
  filter.allow({SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(mincore), SCMP_SYS(msync), SCMP_SYS(getppid),
                SCMP_SYS(personality), SCMP_SYS(arch_prctl)});
#endif
}

}  // namespace

Result<Box> Box::before_loading(const std::filesystem::path& library, bool without_landlock) {
  const bool landlock = landlock_abi() >= 1;
  if (!landlock && !without_landlock)
    return make_error(
        ErrorClass::unavailable,
        "this kernel has no Landlock, so plugins cannot be boxed: boot with lsm=landlock,..., or set "
        "SANDBOX=if_possible to load the plugins that were allowed");
  if (landlock) {
    Ruleset rules;
    for (const char* folder : {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"})
      rules.allow_reading(folder, true);
    rules.allow_reading("/etc/ld.so.cache", false);
    rules.allow_reading(library, false);
    Result<> held = rules.enforce();
    if (!held) return held.error();
  }
  Filter filter;
  allow_computing(filter);
  // The loader's own needs: looking for files and reading them, never writing.
  filter.allow({SCMP_SYS(pread64), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
                SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
                SCMP_SYS(getcwd), SCMP_SYS(fcntl)});
  constexpr scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
  filter.allow_if(SCMP_SYS(open), has_bits(1, writing, O_RDONLY));
  filter.allow_if(SCMP_SYS(openat), has_bits(2, writing, O_RDONLY));
  // Stage two is built from inside stage one.
  filter.allow({SCMP_SYS(seccomp), SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_restrict_self)});
  filter.allow_if(SCMP_SYS(prctl), is(0, PR_SET_SECCOMP));
  filter.allow_if(SCMP_SYS(prctl), is(0, PR_GET_SECCOMP));
  filter.allow_if(SCMP_SYS(prctl), is(0, PR_SET_NO_NEW_PRIVS));
  Result<> held = filter.enforce();
  if (!held) return held.error();
  return Box(landlock);
}

Result<> Box::after_loading() const {
  if (landlock_) {
    Result<> held = Ruleset().enforce();
    if (!held) return held;
  }
  Filter filter;
  allow_computing(filter);
  return filter.enforce();
}

}  // namespace reelspool
