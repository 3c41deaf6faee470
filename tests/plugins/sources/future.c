/* Built for an ABI that this reelspool does not know. */
#include "plugins/sdk/provider.h"

const reelspool_plugin* reelspool_provider(void) {
  static const reelspool_plugin plugin = {sizeof(reelspool_plugin), REELSPOOL_ABI + 98, 0, 0, 0};
  return &plugin;
}
