/* What tells one hostile plugin from another; set where it is built. */
const char hostile_name[] = HOSTILE_NAME;
const char hostile_early[] = HOSTILE_EARLY;
