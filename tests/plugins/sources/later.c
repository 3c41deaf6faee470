/* Built with the header of a later reelspool, whose struct has one more member. It says so in its manifest's version. */
#include <stdlib.h>
#include <string.h>

#include "plugins/sdk/provider.h"

static reelspool_bytes describe(void) {
  static const char manifest[] = "{\"name\":\"later\",\"version\":\"2\",\"abi\":1,\"kinds\":{\"music\":{}}}";
  const reelspool_bytes text = {manifest, sizeof manifest - 1};
  return text;
}

static uint32_t next(reelspool_bytes input, reelspool_bytes* answer) {
  static const char text[] = "{\"action\":{\"type\":\"wait\",\"ms\":1}}";
  (void)input;
  answer->data = text;
  answer->size = sizeof text - 1;
  return 0;
}

static void release(reelspool_bytes answer) {
  (void)answer;
}

static uint32_t later(uint32_t number) {
  return number + 1;
}

const reelspool_plugin* reelspool_provider(void) {
  static const reelspool_plugin plugin = {
      sizeof(reelspool_plugin), REELSPOOL_ABI, describe, next, release, later};
  return &plugin;
}
