/* Exports a helper beside its one symbol: it was linked without the version script. */
#include "plugins/sdk/provider.h"

int chatty_helper(void);
__attribute__((visibility("default"))) int chatty_helper(void) {
  return 0;
}

const reelspool_plugin* reelspool_provider(void) {
  return 0;
}
