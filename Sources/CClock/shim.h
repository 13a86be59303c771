#include <sys/timex.h>

// The header is not among those that Swift's Glibc has.

/// 1 if the kernel's clock is synchronised, 0 if it runs free, -1 if the kernel does not tell. It changes nothing: `modes` is 0.
static inline int clock_is_synchronised(void) {
    struct timex state = {0};
    int result = adjtimex(&state);
    if (result < 0) return -1;
    return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}
