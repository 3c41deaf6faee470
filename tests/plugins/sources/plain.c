/* A plugin in plain C: the ABI needs no C++. */
#include <stdlib.h>
#include <string.h>

#include "plugins/sdk/provider.h"

static reelspool_bytes describe(void) {
  static const char manifest[] = "{\"name\":\"plain\",\"version\":\"1\",\"abi\":1,\"kinds\":{\"music\":{}}}";
  const reelspool_bytes text = {manifest, sizeof manifest - 1};
  return text;
}

/* Answers with what it was asked, or with whatever stands after "say:" in it: rubbish, if that is wanted. */
static uint32_t next(reelspool_bytes input, reelspool_bytes* answer) {
  char* text = malloc(input.size + 1);
  if (text == NULL) return 1;
  memcpy(text, input.data, input.size);
  text[input.size] = '\0';
  const char* say = strstr(text, "say:");
  if (say != NULL) memmove(text, say + 4, strlen(say + 4) + 1);
  answer->data = text;
  answer->size = strlen(text);
  return 0;
}

static void release(reelspool_bytes answer) {
  free((void*)answer.data);
}

const reelspool_plugin* reelspool_provider(void) {
  static const reelspool_plugin plugin = {sizeof(reelspool_plugin), REELSPOOL_ABI, describe, next, release};
  return &plugin;
}
