// glibc declares `malloc_trim` in a header that its Swift module leaves out.
#include <malloc.h>
