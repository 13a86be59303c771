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
static const unsigned char shared_barcode[] = {
#embed "../../web/shared/barcode.js"
};
static const unsigned char shared_credential[] = {
#embed "../../web/shared/credential.js"
};

// MARK: scan

static const unsigned char scan_page[] = {
#embed "../../web/scan/index.html"
};
static const unsigned char scan_worker[] = {
#embed "../../web/scan/worker.js"
};
static const unsigned char scan_style[] = {
#embed "../../web/scan/scan.css"
};
static const unsigned char scan_script[] = {
#embed "../../web/scan/scan.js"
};
static const unsigned char scan_manifest[] = {
#embed "../../web/scan/app.webmanifest"
};
static const unsigned char scan_icon_192[] = {
#embed "../../web/scan/icon-192.png"
};
static const unsigned char scan_icon_512[] = {
#embed "../../web/scan/icon-512.png"
};
static const unsigned char scan_camera[] = {
#embed "../../web/scan/camera.js"
};
static const unsigned char scan_feedback[] = {
#embed "../../web/scan/feedback.js"
};
static const unsigned char scan_queue[] = {
#embed "../../web/scan/queue.js"
};
static const unsigned char scan_sender[] = {
#embed "../../web/scan/sender.js"
};
static const unsigned char scan_shell[] = {
#embed "../../web/scan/shell.js"
};
static const unsigned char scan_texts[] = {
#embed "../../web/scan/texts.js"
};
static const unsigned char scan_wedge[] = {
#embed "../../web/scan/wedge.js"
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
    FILE("/shared/barcode.js", "web/shared/barcode.js", shared_barcode),
    FILE("/shared/credential.js", "web/shared/credential.js", shared_credential),

    FILE("/scan", "web/scan/index.html", scan_page),
    FILE("/scan-worker.js", "web/scan/worker.js", scan_worker),
    FILE("/scan/scan.css", "web/scan/scan.css", scan_style),
    FILE("/scan/scan.js", "web/scan/scan.js", scan_script),
    FILE("/scan/app.webmanifest", "web/scan/app.webmanifest", scan_manifest),
    FILE("/scan/icon-192.png", "web/scan/icon-192.png", scan_icon_192),
    FILE("/scan/icon-512.png", "web/scan/icon-512.png", scan_icon_512),
    FILE("/scan/camera.js", "web/scan/camera.js", scan_camera),
    FILE("/scan/feedback.js", "web/scan/feedback.js", scan_feedback),
    FILE("/scan/queue.js", "web/scan/queue.js", scan_queue),
    FILE("/scan/sender.js", "web/scan/sender.js", scan_sender),
    FILE("/scan/shell.js", "web/scan/shell.js", scan_shell),
    FILE("/scan/texts.js", "web/scan/texts.js", scan_texts),
    FILE("/scan/wedge.js", "web/scan/wedge.js", scan_wedge),

    FILE("/", "web/start/index.html", start_page),
    FILE("/live.js", "web/start/live.js", start_script),
    FILE("/live.css", "web/start/live.css", start_style),
};

size_t tallywire_web_file_count(void) { return sizeof files / sizeof *files; }

const struct tallywire_web_file *tallywire_web_file(size_t number) { return &files[number]; }
