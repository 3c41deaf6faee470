/* A library, but no plugin. */
int nothing(void);
__attribute__((visibility("default"))) int nothing(void) {
  return 0;
}
