/* What tells one puppet from another; set where it is built. */
const char puppet_name[] = PUPPET_NAME;
const char puppet_version[] = PUPPET_VERSION;
const char puppet_manifest[] = PUPPET_MANIFEST;
