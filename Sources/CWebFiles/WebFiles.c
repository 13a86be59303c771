#include "CWebFiles.h"

// `#embed` is of C23. Swift's resources would compile an array literal of each byte, which takes minutes for what this does in no time.
#pragma clang diagnostic ignored "-Wc23-extensions"

// One entry for each file: its name here, and its row in the table below. A test compares the table with the folders.

// MARK: shared

static const unsigned char shared_favicon[] = {
#embed "../../web/shared/favicon.svg"
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

// MARK: the client library

static const unsigned char sdk_api[] = {
#embed "../../clients/js/api.js"
};
static const unsigned char sdk_client[] = {
#embed "../../clients/js/client.js"
};
static const unsigned char sdk_clock[] = {
#embed "../../clients/js/clock.js"
};
static const unsigned char sdk_condition[] = {
#embed "../../clients/js/condition.js"
};
static const unsigned char sdk_connection[] = {
#embed "../../clients/js/connection.js"
};
static const unsigned char sdk_errors[] = {
#embed "../../clients/js/errors.js"
};
static const unsigned char sdk_eventstream_parser[] = {
#embed "../../clients/js/eventstream-parser.js"
};
static const unsigned char sdk_eventstream[] = {
#embed "../../clients/js/eventstream.js"
};
static const unsigned char sdk_follows[] = {
#embed "../../clients/js/follows.js"
};
static const unsigned char sdk_item[] = {
#embed "../../clients/js/item.js"
};
static const unsigned char sdk_items[] = {
#embed "../../clients/js/items.js"
};
static const unsigned char sdk_listeners[] = {
#embed "../../clients/js/listeners.js"
};
static const unsigned char sdk_options[] = {
#embed "../../clients/js/options.js"
};
static const unsigned char sdk_react_card[] = {
#embed "../../clients/js/react-card.js"
};
static const unsigned char sdk_react_hooks[] = {
#embed "../../clients/js/react-hooks.js"
};
static const unsigned char sdk_react_notification[] = {
#embed "../../clients/js/react-notification.js"
};
static const unsigned char sdk_react_provider[] = {
#embed "../../clients/js/react-provider.js"
};
static const unsigned char sdk_react_store[] = {
#embed "../../clients/js/react-store.js"
};
static const unsigned char sdk_react_texts[] = {
#embed "../../clients/js/react-texts.js"
};
static const unsigned char sdk_react_css[] = {
#embed "../../clients/js/react.css"
};
static const unsigned char sdk_react[] = {
#embed "../../clients/js/react.js"
};
static const unsigned char sdk_replica[] = {
#embed "../../clients/js/replica.js"
};
static const unsigned char sdk_requests[] = {
#embed "../../clients/js/requests.js"
};
static const unsigned char sdk_room[] = {
#embed "../../clients/js/room.js"
};
static const unsigned char sdk_scope[] = {
#embed "../../clients/js/scope.js"
};
static const unsigned char sdk_session[] = {
#embed "../../clients/js/session.js"
};
static const unsigned char sdk_sharing_hub[] = {
#embed "../../clients/js/sharing-hub.js"
};
static const unsigned char sdk_sharing[] = {
#embed "../../clients/js/sharing.js"
};
static const unsigned char sdk_tallywire[] = {
#embed "../../clients/js/tallywire.js"
};
static const unsigned char sdk_token[] = {
#embed "../../clients/js/token.js"
};
static const unsigned char sdk_told[] = {
#embed "../../clients/js/told.js"
};
static const unsigned char sdk_transports[] = {
#embed "../../clients/js/transports.js"
};
static const unsigned char sdk_waiting[] = {
#embed "../../clients/js/waiting.js"
};
static const unsigned char sdk_wake[] = {
#embed "../../clients/js/wake.js"
};
static const unsigned char sdk_websocket[] = {
#embed "../../clients/js/websocket.js"
};

#define FILE(path, source, bytes) {path, source, bytes, sizeof bytes}

static const struct tallywire_web_file files[] = {
    FILE("/favicon.svg", "web/shared/favicon.svg", shared_favicon),

    FILE("/", "web/start/index.html", start_page),
    FILE("/live.js", "web/start/live.js", start_script),
    FILE("/live.css", "web/start/live.css", start_style),

    FILE("/sdk/api.js", "clients/js/api.js", sdk_api),
    FILE("/sdk/client.js", "clients/js/client.js", sdk_client),
    FILE("/sdk/clock.js", "clients/js/clock.js", sdk_clock),
    FILE("/sdk/condition.js", "clients/js/condition.js", sdk_condition),
    FILE("/sdk/connection.js", "clients/js/connection.js", sdk_connection),
    FILE("/sdk/errors.js", "clients/js/errors.js", sdk_errors),
    FILE("/sdk/eventstream-parser.js", "clients/js/eventstream-parser.js", sdk_eventstream_parser),
    FILE("/sdk/eventstream.js", "clients/js/eventstream.js", sdk_eventstream),
    FILE("/sdk/follows.js", "clients/js/follows.js", sdk_follows),
    FILE("/sdk/item.js", "clients/js/item.js", sdk_item),
    FILE("/sdk/items.js", "clients/js/items.js", sdk_items),
    FILE("/sdk/listeners.js", "clients/js/listeners.js", sdk_listeners),
    FILE("/sdk/options.js", "clients/js/options.js", sdk_options),
    FILE("/sdk/react-card.js", "clients/js/react-card.js", sdk_react_card),
    FILE("/sdk/react-hooks.js", "clients/js/react-hooks.js", sdk_react_hooks),
    FILE("/sdk/react-notification.js", "clients/js/react-notification.js", sdk_react_notification),
    FILE("/sdk/react-provider.js", "clients/js/react-provider.js", sdk_react_provider),
    FILE("/sdk/react-store.js", "clients/js/react-store.js", sdk_react_store),
    FILE("/sdk/react-texts.js", "clients/js/react-texts.js", sdk_react_texts),
    FILE("/sdk/react.css", "clients/js/react.css", sdk_react_css),
    FILE("/sdk/react.js", "clients/js/react.js", sdk_react),
    FILE("/sdk/replica.js", "clients/js/replica.js", sdk_replica),
    FILE("/sdk/requests.js", "clients/js/requests.js", sdk_requests),
    FILE("/sdk/room.js", "clients/js/room.js", sdk_room),
    FILE("/sdk/scope.js", "clients/js/scope.js", sdk_scope),
    FILE("/sdk/session.js", "clients/js/session.js", sdk_session),
    FILE("/sdk/sharing-hub.js", "clients/js/sharing-hub.js", sdk_sharing_hub),
    FILE("/sdk/sharing.js", "clients/js/sharing.js", sdk_sharing),
    FILE("/sdk/tallywire.js", "clients/js/tallywire.js", sdk_tallywire),
    FILE("/sdk/token.js", "clients/js/token.js", sdk_token),
    FILE("/sdk/told.js", "clients/js/told.js", sdk_told),
    FILE("/sdk/transports.js", "clients/js/transports.js", sdk_transports),
    FILE("/sdk/waiting.js", "clients/js/waiting.js", sdk_waiting),
    FILE("/sdk/wake.js", "clients/js/wake.js", sdk_wake),
    FILE("/sdk/websocket.js", "clients/js/websocket.js", sdk_websocket),
};

size_t tallywire_web_file_count(void) { return sizeof files / sizeof *files; }

const struct tallywire_web_file *tallywire_web_file(size_t number) { return &files[number]; }
