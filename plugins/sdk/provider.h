/* The contract between reelspool and a provider plugin: a plain C ABI, version 1.
 *
 * A plugin is a shared library with ONE exported symbol, the function `reelspool_provider`. It is loaded by a small
 * boxed program of its own (reelspool-plugin-host): no network, no files, no environment, no other programs. It is a pure
 * function: asked "what next?" with a request, its own small state and the last result, it answers with one action that
 * the worker carries out. Messages are JSON in UTF-8; what is in them is written down in MESSAGES.md and KINDS.md.
 *
 * Nothing C++ crosses this border, so a plugin may be built by another compiler or in another language, and goes on loading
 * after the worker is upgraded. C++ authors derive from a class instead: see provider.hpp.
 *
 * Threads  Every function carries a tag:
 *            [plugin-thread]  called from one and the same thread, one call at a time; never re-entered
 *            [any-thread]     may be called from any thread, before any other function
 * Throwing Nothing may be thrown or longjmp'ed across this border.
 * Changing New members go to the end of `reelspool_plugin` and are used only if `size` says they are there. What cannot be
 *          done that way gets a new REELSPOOL_ABI, and the host keeps loading the old one.
 */
#ifndef REELSPOOL_PROVIDER_H
#define REELSPOOL_PROVIDER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REELSPOOL_ABI 1u

/* What a plugin is held to; more counts as a crash. Sizes in bytes of JSON text. */
#define REELSPOOL_STATE_LIMIT (64u * 1024u)
#define REELSPOOL_ANSWER_LIMIT (1024u * 1024u)

/* Bytes somewhere in memory; not ended by a zero. `data` may be null when `size` is 0. */
typedef struct reelspool_bytes {
  const char* data;
  uint64_t size;
} reelspool_bytes;

typedef struct reelspool_plugin {
  uint32_t size; /* sizeof(reelspool_plugin), as the plugin was compiled */
  uint32_t abi;  /* REELSPOOL_ABI, as the plugin was compiled */

  /* [plugin-thread] The manifest (MESSAGES.md). The same at each call; it stays valid while the library is loaded. */
  reelspool_bytes (*describe)(void);

  /* [plugin-thread] "What next?" `input` is valid during the call only. Returns 0 with an answer, or anything else with a
   * line of text for the operator that says what went wrong inside the plugin (to report that a request cannot be made,
   * answer with the action `fail` instead). Either way `*answer` is the plugin's until `release` is called with it. It must
   * come back within 10 seconds. The same input gives the same answer: time and chance come in the input. */
  uint32_t (*next)(reelspool_bytes input, reelspool_bytes* answer);

  /* [plugin-thread] Frees what `next` put into `*answer`. Called exactly once for each call of `next`. */
  void (*release)(reelspool_bytes answer);
} reelspool_plugin;

#if defined(__GNUC__)
#define REELSPOOL_EXPORT __attribute__((visibility("default")))
#else
#define REELSPOOL_EXPORT
#endif

/* [any-thread] The one symbol of a plugin. The struct stays valid while the library is loaded. */
REELSPOOL_EXPORT const reelspool_plugin* reelspool_provider(void);

#ifdef __cplusplus
}
#endif

#endif
