/* Never finishes loading. */
#include "plugins/sdk/provider.h"

__attribute__((constructor)) static void hang(void) {
  for (volatile int forever = 1; forever != 0;) {
  }
}

const reelspool_plugin* reelspool_provider(void) {
  return 0;
}
