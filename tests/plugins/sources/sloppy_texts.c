/* What tells one sloppy plugin from another; set where it is built. */
const char sloppy_name[] = SLOPPY_NAME;
const char sloppy_flaw[] = SLOPPY_FLAW;
