// The pages, scripts and styles that the server brings along, as constants in the program: so they are there from any working directory.
#include <stddef.h>

/// One file that is served.
struct tallywire_web_file {
    /// The path of its URL.
    const char *path;
    /// Where it lies in the repository.
    const char *source;
    const unsigned char *bytes;
    size_t size;
};

/// How many files there are.
size_t tallywire_web_file_count(void);

/// The file of this number, for numbers below the count. It lives as long as the program.
const struct tallywire_web_file *tallywire_web_file(size_t number);
