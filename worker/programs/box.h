/* What a program started by reelspool-exec may touch.
 *
 * Landlock decides about files: reads the system's programs, libraries, fonts and what it was given; writes
 * the folders it was given; all else answers EACCES. seccomp decides about the kernel: no sockets, no other
 * process's memory, no mounts, no namespaces, no keys; those calls answer EPERM, so that a library that
 * merely tries (a name service cache, a sound server) goes on without. Neither can be undone by the program,
 * and both are inherited by all that it starts.
 */
#ifndef REELSPOOL_PROGRAMS_BOX_H
#define REELSPOOL_PROGRAMS_BOX_H

#include <stddef.h>

struct box {
  int landlock;      /* 0: files are not restricted (a kernel without Landlock, and settings that allow it) */
  const char** read; /* files, or folders with all below them; each must exist */
  size_t read_count;
  const char** write; /* folders with all below them; each must exist */
  size_t write_count;
};

/* Shuts the calling process in, for good. On failure returns -1 with errno set and *what naming what could
 * not be done; the process may then be half shut in and must not go on. */
int box_enter(const struct box* box, const char** what);

#endif
