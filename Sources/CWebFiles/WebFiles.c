#include "CWebFiles.h"

// `#embed` is of C23. Swift's resources would compile an array literal of each byte, which takes minutes for what this does in no time.
#pragma clang diagnostic ignored "-Wc23-extensions"

// One entry for each file: its name here, and its row in the table below. A test compares the table with the folders.

// MARK: shared

static const unsigned char shared_favicon[] = {
#embed "../../web/shared/favicon.svg"
};
static const unsigned char shared_look[] = {
#embed "../../web/shared/look.css"
};
static const unsigned char shared_dom[] = {
#embed "../../web/shared/dom.js"
};
static const unsigned char shared_format[] = {
#embed "../../web/shared/format.js"
};
static const unsigned char shared_texts[] = {
#embed "../../web/shared/texts.js"
};
static const unsigned char shared_connection_badge[] = {
#embed "../../web/shared/connection-badge.js"
};

// MARK: start

static const unsigned char start_page[] = {
#embed "../../web/start/index.html"
};
static const unsigned char start_script[] = {
#embed "../../web/start/live.js"
};
static const unsigned char start_style[] = {
#embed "../../web/start/live.css"
};

#define FILE(path, source, bytes) {path, source, bytes, sizeof bytes}

static const struct tallywire_web_file files[] = {
    FILE("/favicon.svg", "web/shared/favicon.svg", shared_favicon),
    FILE("/shared/look.css", "web/shared/look.css", shared_look),
    FILE("/shared/dom.js", "web/shared/dom.js", shared_dom),
    FILE("/shared/format.js", "web/shared/format.js", shared_format),
    FILE("/shared/texts.js", "web/shared/texts.js", shared_texts),
    FILE("/shared/connection-badge.js", "web/shared/connection-badge.js", shared_connection_badge),

    FILE("/", "web/start/index.html", start_page),
    FILE("/live.js", "web/start/live.js", start_script),
    FILE("/live.css", "web/start/live.css", start_style),
};

size_t tallywire_web_file_count(void) { return sizeof files / sizeof *files; }

const struct tallywire_web_file *tallywire_web_file(size_t number) { return &files[number]; }
