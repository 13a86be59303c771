// jemalloc takes the place of glibc's allocator in every program that links this module. The engine and the sinks free on one thread
// what another has allocated, thousands of small pieces in a row: glibc's caches of seven pieces a size and thread make that a sixth
// of the processor time of a scan.
#include <jemalloc/jemalloc.h>

#define TALLYWIRE_TEXT(x) #x
#define TALLYWIRE_EXPANDED(x) TALLYWIRE_TEXT(x)

/// Gives unused pages of all arenas back to the system at once, rather than over the ten seconds in which they decay.
static inline void tallywire_give_back_memory(void) {
    // It fails only for a name that jemalloc does not know.
    (void)mallctl("arena." TALLYWIRE_EXPANDED(MALLCTL_ARENAS_ALL) ".purge", NULL, NULL, NULL, 0);
}
