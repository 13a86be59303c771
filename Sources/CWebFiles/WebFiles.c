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
static const unsigned char shared_search_folding[] = {
#embed "../../web/shared/search-folding.js"
};
static const unsigned char shared_frames[] = {
#embed "../../web/shared/frames.js"
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
static const unsigned char shared_api[] = {
#embed "../../web/shared/api.js"
};
static const unsigned char shared_token_claims[] = {
#embed "../../web/shared/token-claims.js"
};
static const unsigned char shared_tab_token[] = {
#embed "../../web/shared/tab-token.js"
};
static const unsigned char shared_token_form[] = {
#embed "../../web/shared/token-form.js"
};
static const unsigned char shared_throttled[] = {
#embed "../../web/shared/throttled.js"
};
static const unsigned char shared_toasts[] = {
#embed "../../web/shared/toasts.js"
};

// MARK: codes

static const unsigned char codes_page[] = {
#embed "../../web/codes/index.html"
};
static const unsigned char codes_style[] = {
#embed "../../web/codes/codes.css"
};
static const unsigned char codes_codes[] = {
#embed "../../web/codes/codes.js"
};
static const unsigned char codes_texts[] = {
#embed "../../web/codes/texts.js"
};

// MARK: displays

static const unsigned char displays_page[] = {
#embed "../../web/displays/index.html"
};
static const unsigned char displays_style[] = {
#embed "../../web/displays/displays.css"
};
static const unsigned char displays_screen_wake_lock[] = {
#embed "../../web/displays/screen-wake-lock.js"
};
static const unsigned char displays_displays[] = {
#embed "../../web/displays/displays.js"
};
static const unsigned char displays_label[] = {
#embed "../../web/displays/label.js"
};
static const unsigned char displays_location_stock[] = {
#embed "../../web/displays/location-stock.js"
};
static const unsigned char displays_texts[] = {
#embed "../../web/displays/texts.js"
};

// MARK: shop

static const unsigned char shop_page[] = {
#embed "../../web/shop/index.html"
};
static const unsigned char shop_style[] = {
#embed "../../web/shop/shop.css"
};
static const unsigned char shop_availability[] = {
#embed "../../web/shop/availability.js"
};
static const unsigned char shop_card[] = {
#embed "../../web/shop/card.js"
};
static const unsigned char shop_shop[] = {
#embed "../../web/shop/shop.js"
};
static const unsigned char shop_texts[] = {
#embed "../../web/shop/texts.js"
};

// MARK: scan

static const unsigned char scan_control_code[] = {
#embed "../../web/scan/control-code.js"
};
static const unsigned char scan_scan_mode[] = {
#embed "../../web/scan/scan-mode.js"
};
static const unsigned char scan_scan_rows[] = {
#embed "../../web/scan/scan-rows.js"
};
static const unsigned char scan_page[] = {
#embed "../../web/scan/index.html"
};
static const unsigned char scan_service_worker[] = {
#embed "../../web/scan/service-worker.js"
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
static const unsigned char scan_key_reader[] = {
#embed "../../web/scan/key-reader.js"
};
static const unsigned char scan_keyboard_layout[] = {
#embed "../../web/scan/keyboard-layout.js"
};
static const unsigned char scan_key_timing[] = {
#embed "../../web/scan/key-timing.js"
};
static const unsigned char scan_queue[] = {
#embed "../../web/scan/queue.js"
};
static const unsigned char scan_sender[] = {
#embed "../../web/scan/sender.js"
};
static const unsigned char scan_app_shell[] = {
#embed "../../web/scan/app-shell.js"
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
#embed "../../web/start/start.js"
};
static const unsigned char start_style[] = {
#embed "../../web/start/start.css"
};

// MARK: admin

static const unsigned char admin_activity_store_js[] = {
#embed "../../web/admin/activity-store.js"
};
static const unsigned char admin_activity_view_js[] = {
#embed "../../web/admin/activity-view.js"
};
static const unsigned char admin_adjust_dialog_js[] = {
#embed "../../web/admin/adjust-dialog.js"
};
static const unsigned char admin_adjust_form_js[] = {
#embed "../../web/admin/adjust-form.js"
};
static const unsigned char admin_alert_store_js[] = {
#embed "../../web/admin/alert-store.js"
};
static const unsigned char admin_alerts_view_js[] = {
#embed "../../web/admin/alerts-view.js"
};
static const unsigned char admin_app_js[] = {
#embed "../../web/admin/app.js"
};
static const unsigned char admin_chart_js[] = {
#embed "../../web/admin/chart.js"
};
static const unsigned char admin_cluster_report_js[] = {
#embed "../../web/admin/cluster-report.js"
};
static const unsigned char admin_cluster_row_js[] = {
#embed "../../web/admin/cluster-row.js"
};
static const unsigned char admin_cluster_view_js[] = {
#embed "../../web/admin/cluster-view.js"
};
static const unsigned char admin_count_view_js[] = {
#embed "../../web/admin/count-view.js"
};
static const unsigned char admin_counts_view_js[] = {
#embed "../../web/admin/counts-view.js"
};
static const unsigned char admin_deliveries_dialog_js[] = {
#embed "../../web/admin/deliveries-dialog.js"
};
static const unsigned char admin_devices_view_js[] = {
#embed "../../web/admin/devices-view.js"
};
static const unsigned char admin_dialog_js[] = {
#embed "../../web/admin/dialog.js"
};
static const unsigned char admin_event_text_js[] = {
#embed "../../web/admin/event-text.js"
};
static const unsigned char admin_header_js[] = {
#embed "../../web/admin/header.js"
};
static const unsigned char admin_index_html[] = {
#embed "../../web/admin/index.html"
};
static const unsigned char admin_layout_css[] = {
#embed "../../web/admin/layout.css"
};
static const unsigned char admin_live_events_js[] = {
#embed "../../web/admin/live-events.js"
};
static const unsigned char admin_locations_view_js[] = {
#embed "../../web/admin/locations-view.js"
};
static const unsigned char admin_main_js[] = {
#embed "../../web/admin/main.js"
};
static const unsigned char admin_pipeline_node_js[] = {
#embed "../../web/admin/pipeline-node.js"
};
static const unsigned char admin_pipeline_samples_js[] = {
#embed "../../web/admin/pipeline-samples.js"
};
static const unsigned char admin_pipeline_view_js[] = {
#embed "../../web/admin/pipeline-view.js"
};
static const unsigned char admin_price_form_js[] = {
#embed "../../web/admin/price-form.js"
};
static const unsigned char admin_replay_dialog_js[] = {
#embed "../../web/admin/replay-dialog.js"
};
static const unsigned char admin_reservations_view_js[] = {
#embed "../../web/admin/reservations-view.js"
};
static const unsigned char admin_roving_focus_js[] = {
#embed "../../web/admin/roving-focus.js"
};
static const unsigned char admin_user_session_js[] = {
#embed "../../web/admin/user-session.js"
};
static const unsigned char admin_sign_in_js[] = {
#embed "../../web/admin/sign-in.js"
};
static const unsigned char admin_stock_query_js[] = {
#embed "../../web/admin/stock-query.js"
};
static const unsigned char admin_stock_row_js[] = {
#embed "../../web/admin/stock-row.js"
};
static const unsigned char admin_stock_store_js[] = {
#embed "../../web/admin/stock-store.js"
};
static const unsigned char admin_stock_view_js[] = {
#embed "../../web/admin/stock-view.js"
};
static const unsigned char admin_table_css[] = {
#embed "../../web/admin/table.css"
};
static const unsigned char admin_texts_en_js[] = {
#embed "../../web/admin/texts.en.js"
};
static const unsigned char admin_texts_js[] = {
#embed "../../web/admin/texts.js"
};
static const unsigned char admin_thresholds_form_js[] = {
#embed "../../web/admin/thresholds-form.js"
};
static const unsigned char admin_undo_dialog_js[] = {
#embed "../../web/admin/undo-dialog.js"
};
static const unsigned char admin_variant_history_js[] = {
#embed "../../web/admin/variant-history.js"
};
static const unsigned char admin_variant_record_js[] = {
#embed "../../web/admin/variant-record.js"
};
static const unsigned char admin_variant_view_js[] = {
#embed "../../web/admin/variant-view.js"
};
static const unsigned char admin_views_css[] = {
#embed "../../web/admin/views.css"
};
static const unsigned char admin_virtual_list_js[] = {
#embed "../../web/admin/virtual-list.js"
};

// MARK: the client library

static const unsigned char sdk_addresses[] = {
#embed "../../clients/js/addresses.js"
};
static const unsigned char sdk_api[] = {
#embed "../../clients/js/api.js"
};
static const unsigned char sdk_backoff[] = {
#embed "../../clients/js/backoff.js"
};
static const unsigned char sdk_client_state[] = {
#embed "../../clients/js/client-state.js"
};
static const unsigned char sdk_client[] = {
#embed "../../clients/js/client.js"
};
static const unsigned char sdk_clock[] = {
#embed "../../clients/js/clock.js"
};
static const unsigned char sdk_connection_attempt[] = {
#embed "../../clients/js/connection-attempt.js"
};
static const unsigned char sdk_connection[] = {
#embed "../../clients/js/connection.js"
};
static const unsigned char sdk_delivered_events[] = {
#embed "../../clients/js/delivered-events.js"
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
static const unsigned char sdk_failback[] = {
#embed "../../clients/js/failback.js"
};
static const unsigned char sdk_follows[] = {
#embed "../../clients/js/follows.js"
};
static const unsigned char sdk_heartbeat[] = {
#embed "../../clients/js/heartbeat.js"
};
static const unsigned char sdk_item[] = {
#embed "../../clients/js/item.js"
};
static const unsigned char sdk_items[] = {
#embed "../../clients/js/items.js"
};
static const unsigned char sdk_jwt[] = {
#embed "../../clients/js/jwt.js"
};
static const unsigned char sdk_listeners[] = {
#embed "../../clients/js/listeners.js"
};
static const unsigned char sdk_options[] = {
#embed "../../clients/js/options.js"
};
static const unsigned char sdk_pending_promises[] = {
#embed "../../clients/js/pending-promises.js"
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
static const unsigned char sdk_reorder_buffer[] = {
#embed "../../clients/js/reorder-buffer.js"
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
static const unsigned char sdk_session[] = {
#embed "../../clients/js/session.js"
};
static const unsigned char sdk_shared_connection[] = {
#embed "../../clients/js/shared-connection.js"
};
static const unsigned char sdk_sharing_follower[] = {
#embed "../../clients/js/sharing-follower.js"
};
static const unsigned char sdk_sharing_leader[] = {
#embed "../../clients/js/sharing-leader.js"
};
static const unsigned char sdk_snapshot_pages[] = {
#embed "../../clients/js/snapshot-pages.js"
};
static const unsigned char sdk_snapshot_source[] = {
#embed "../../clients/js/snapshot-source.js"
};
static const unsigned char sdk_subscription_filter[] = {
#embed "../../clients/js/subscription-filter.js"
};
static const unsigned char sdk_subscriptions[] = {
#embed "../../clients/js/subscriptions.js"
};
static const unsigned char sdk_tallywire[] = {
#embed "../../clients/js/tallywire.js"
};
static const unsigned char sdk_token[] = {
#embed "../../clients/js/token.js"
};
static const unsigned char sdk_transport_choice[] = {
#embed "../../clients/js/transport-choice.js"
};
static const unsigned char sdk_transports[] = {
#embed "../../clients/js/transports.js"
};
static const unsigned char sdk_wake_detector[] = {
#embed "../../clients/js/wake-detector.js"
};
static const unsigned char sdk_websocket[] = {
#embed "../../clients/js/websocket.js"
};

#define FILE(path, source, bytes) {path, source, bytes, sizeof bytes}

static const struct tallywire_web_file files[] = {
    FILE("/favicon.svg", "web/shared/favicon.svg", shared_favicon),
    FILE("/shared/look.css", "web/shared/look.css", shared_look),
    FILE("/shared/dom.js", "web/shared/dom.js", shared_dom),
    FILE("/shared/search-folding.js", "web/shared/search-folding.js", shared_search_folding),
    FILE("/shared/frames.js", "web/shared/frames.js", shared_frames),
    FILE("/shared/format.js", "web/shared/format.js", shared_format),
    FILE("/shared/texts.js", "web/shared/texts.js", shared_texts),
    FILE("/shared/connection-badge.js", "web/shared/connection-badge.js", shared_connection_badge),
    FILE("/shared/barcode.js", "web/shared/barcode.js", shared_barcode),
    FILE("/shared/api.js", "web/shared/api.js", shared_api),
    FILE("/shared/token-claims.js", "web/shared/token-claims.js", shared_token_claims),
    FILE("/shared/tab-token.js", "web/shared/tab-token.js", shared_tab_token),
    FILE("/shared/token-form.js", "web/shared/token-form.js", shared_token_form),
    FILE("/shared/throttled.js", "web/shared/throttled.js", shared_throttled),
    FILE("/shared/toasts.js", "web/shared/toasts.js", shared_toasts),

    FILE("/codes", "web/codes/index.html", codes_page),
    FILE("/codes/codes.css", "web/codes/codes.css", codes_style),
    FILE("/codes/codes.js", "web/codes/codes.js", codes_codes),
    FILE("/codes/texts.js", "web/codes/texts.js", codes_texts),
    FILE("/displays", "web/displays/index.html", displays_page),
    FILE("/displays/displays.css", "web/displays/displays.css", displays_style),
    FILE("/displays/screen-wake-lock.js", "web/displays/screen-wake-lock.js", displays_screen_wake_lock),
    FILE("/displays/displays.js", "web/displays/displays.js", displays_displays),
    FILE("/displays/label.js", "web/displays/label.js", displays_label),
    FILE("/displays/location-stock.js", "web/displays/location-stock.js", displays_location_stock),
    FILE("/displays/texts.js", "web/displays/texts.js", displays_texts),

    FILE("/shop", "web/shop/index.html", shop_page),
    FILE("/shop/shop.css", "web/shop/shop.css", shop_style),
    FILE("/shop/availability.js", "web/shop/availability.js", shop_availability),
    FILE("/shop/card.js", "web/shop/card.js", shop_card),
    FILE("/shop/shop.js", "web/shop/shop.js", shop_shop),
    FILE("/shop/texts.js", "web/shop/texts.js", shop_texts),

    FILE("/scan", "web/scan/index.html", scan_page),
    FILE("/scan-worker.js", "web/scan/service-worker.js", scan_service_worker),
    FILE("/scan/control-code.js", "web/scan/control-code.js", scan_control_code),
    FILE("/scan/scan-mode.js", "web/scan/scan-mode.js", scan_scan_mode),
    FILE("/scan/scan-rows.js", "web/scan/scan-rows.js", scan_scan_rows),
    FILE("/scan/scan.css", "web/scan/scan.css", scan_style),
    FILE("/scan/scan.js", "web/scan/scan.js", scan_script),
    FILE("/scan/app.webmanifest", "web/scan/app.webmanifest", scan_manifest),
    FILE("/scan/icon-192.png", "web/scan/icon-192.png", scan_icon_192),
    FILE("/scan/icon-512.png", "web/scan/icon-512.png", scan_icon_512),
    FILE("/scan/camera.js", "web/scan/camera.js", scan_camera),
    FILE("/scan/feedback.js", "web/scan/feedback.js", scan_feedback),
    FILE("/scan/key-reader.js", "web/scan/key-reader.js", scan_key_reader),
    FILE("/scan/keyboard-layout.js", "web/scan/keyboard-layout.js", scan_keyboard_layout),
    FILE("/scan/key-timing.js", "web/scan/key-timing.js", scan_key_timing),
    FILE("/scan/queue.js", "web/scan/queue.js", scan_queue),
    FILE("/scan/sender.js", "web/scan/sender.js", scan_sender),
    FILE("/scan/app-shell.js", "web/scan/app-shell.js", scan_app_shell),
    FILE("/scan/texts.js", "web/scan/texts.js", scan_texts),
    FILE("/scan/wedge.js", "web/scan/wedge.js", scan_wedge),

    FILE("/", "web/start/index.html", start_page),
    FILE("/start/start.js", "web/start/start.js", start_script),
    FILE("/start/start.css", "web/start/start.css", start_style),

    FILE("/admin/activity-store.js", "web/admin/activity-store.js", admin_activity_store_js),
    FILE("/admin/activity-view.js", "web/admin/activity-view.js", admin_activity_view_js),
    FILE("/admin/adjust-dialog.js", "web/admin/adjust-dialog.js", admin_adjust_dialog_js),
    FILE("/admin/adjust-form.js", "web/admin/adjust-form.js", admin_adjust_form_js),
    FILE("/admin/alert-store.js", "web/admin/alert-store.js", admin_alert_store_js),
    FILE("/admin/alerts-view.js", "web/admin/alerts-view.js", admin_alerts_view_js),
    FILE("/admin/app.js", "web/admin/app.js", admin_app_js),
    FILE("/admin/chart.js", "web/admin/chart.js", admin_chart_js),
    FILE("/admin/cluster-report.js", "web/admin/cluster-report.js", admin_cluster_report_js),
    FILE("/admin/cluster-row.js", "web/admin/cluster-row.js", admin_cluster_row_js),
    FILE("/admin/cluster-view.js", "web/admin/cluster-view.js", admin_cluster_view_js),
    FILE("/admin/count-view.js", "web/admin/count-view.js", admin_count_view_js),
    FILE("/admin/counts-view.js", "web/admin/counts-view.js", admin_counts_view_js),
    FILE("/admin/deliveries-dialog.js", "web/admin/deliveries-dialog.js", admin_deliveries_dialog_js),
    FILE("/admin/devices-view.js", "web/admin/devices-view.js", admin_devices_view_js),
    FILE("/admin/dialog.js", "web/admin/dialog.js", admin_dialog_js),
    FILE("/admin/event-text.js", "web/admin/event-text.js", admin_event_text_js),
    FILE("/admin/header.js", "web/admin/header.js", admin_header_js),
    FILE("/admin", "web/admin/index.html", admin_index_html),
    FILE("/admin/layout.css", "web/admin/layout.css", admin_layout_css),
    FILE("/admin/live-events.js", "web/admin/live-events.js", admin_live_events_js),
    FILE("/admin/locations-view.js", "web/admin/locations-view.js", admin_locations_view_js),
    FILE("/admin/main.js", "web/admin/main.js", admin_main_js),
    FILE("/admin/pipeline-node.js", "web/admin/pipeline-node.js", admin_pipeline_node_js),
    FILE("/admin/pipeline-samples.js", "web/admin/pipeline-samples.js", admin_pipeline_samples_js),
    FILE("/admin/pipeline-view.js", "web/admin/pipeline-view.js", admin_pipeline_view_js),
    FILE("/admin/price-form.js", "web/admin/price-form.js", admin_price_form_js),
    FILE("/admin/replay-dialog.js", "web/admin/replay-dialog.js", admin_replay_dialog_js),
    FILE("/admin/reservations-view.js", "web/admin/reservations-view.js", admin_reservations_view_js),
    FILE("/admin/roving-focus.js", "web/admin/roving-focus.js", admin_roving_focus_js),
    FILE("/admin/user-session.js", "web/admin/user-session.js", admin_user_session_js),
    FILE("/admin/sign-in.js", "web/admin/sign-in.js", admin_sign_in_js),
    FILE("/admin/stock-query.js", "web/admin/stock-query.js", admin_stock_query_js),
    FILE("/admin/stock-row.js", "web/admin/stock-row.js", admin_stock_row_js),
    FILE("/admin/stock-store.js", "web/admin/stock-store.js", admin_stock_store_js),
    FILE("/admin/stock-view.js", "web/admin/stock-view.js", admin_stock_view_js),
    FILE("/admin/table.css", "web/admin/table.css", admin_table_css),
    FILE("/admin/texts.en.js", "web/admin/texts.en.js", admin_texts_en_js),
    FILE("/admin/texts.js", "web/admin/texts.js", admin_texts_js),
    FILE("/admin/thresholds-form.js", "web/admin/thresholds-form.js", admin_thresholds_form_js),
    FILE("/admin/undo-dialog.js", "web/admin/undo-dialog.js", admin_undo_dialog_js),
    FILE("/admin/variant-history.js", "web/admin/variant-history.js", admin_variant_history_js),
    FILE("/admin/variant-record.js", "web/admin/variant-record.js", admin_variant_record_js),
    FILE("/admin/variant-view.js", "web/admin/variant-view.js", admin_variant_view_js),
    FILE("/admin/views.css", "web/admin/views.css", admin_views_css),
    FILE("/admin/virtual-list.js", "web/admin/virtual-list.js", admin_virtual_list_js),

    FILE("/sdk/addresses.js", "clients/js/addresses.js", sdk_addresses),
    FILE("/sdk/api.js", "clients/js/api.js", sdk_api),
    FILE("/sdk/backoff.js", "clients/js/backoff.js", sdk_backoff),
    FILE("/sdk/client-state.js", "clients/js/client-state.js", sdk_client_state),
    FILE("/sdk/client.js", "clients/js/client.js", sdk_client),
    FILE("/sdk/clock.js", "clients/js/clock.js", sdk_clock),
    FILE("/sdk/connection-attempt.js", "clients/js/connection-attempt.js", sdk_connection_attempt),
    FILE("/sdk/connection.js", "clients/js/connection.js", sdk_connection),
    FILE("/sdk/delivered-events.js", "clients/js/delivered-events.js", sdk_delivered_events),
    FILE("/sdk/errors.js", "clients/js/errors.js", sdk_errors),
    FILE("/sdk/eventstream-parser.js", "clients/js/eventstream-parser.js", sdk_eventstream_parser),
    FILE("/sdk/eventstream.js", "clients/js/eventstream.js", sdk_eventstream),
    FILE("/sdk/failback.js", "clients/js/failback.js", sdk_failback),
    FILE("/sdk/follows.js", "clients/js/follows.js", sdk_follows),
    FILE("/sdk/heartbeat.js", "clients/js/heartbeat.js", sdk_heartbeat),
    FILE("/sdk/item.js", "clients/js/item.js", sdk_item),
    FILE("/sdk/items.js", "clients/js/items.js", sdk_items),
    FILE("/sdk/jwt.js", "clients/js/jwt.js", sdk_jwt),
    FILE("/sdk/listeners.js", "clients/js/listeners.js", sdk_listeners),
    FILE("/sdk/options.js", "clients/js/options.js", sdk_options),
    FILE("/sdk/pending-promises.js", "clients/js/pending-promises.js", sdk_pending_promises),
    FILE("/sdk/react-card.js", "clients/js/react-card.js", sdk_react_card),
    FILE("/sdk/react-hooks.js", "clients/js/react-hooks.js", sdk_react_hooks),
    FILE("/sdk/react-notification.js", "clients/js/react-notification.js", sdk_react_notification),
    FILE("/sdk/react-provider.js", "clients/js/react-provider.js", sdk_react_provider),
    FILE("/sdk/react-store.js", "clients/js/react-store.js", sdk_react_store),
    FILE("/sdk/react-texts.js", "clients/js/react-texts.js", sdk_react_texts),
    FILE("/sdk/react.css", "clients/js/react.css", sdk_react_css),
    FILE("/sdk/react.js", "clients/js/react.js", sdk_react),
    FILE("/sdk/reorder-buffer.js", "clients/js/reorder-buffer.js", sdk_reorder_buffer),
    FILE("/sdk/replica.js", "clients/js/replica.js", sdk_replica),
    FILE("/sdk/requests.js", "clients/js/requests.js", sdk_requests),
    FILE("/sdk/room.js", "clients/js/room.js", sdk_room),
    FILE("/sdk/session.js", "clients/js/session.js", sdk_session),
    FILE("/sdk/shared-connection.js", "clients/js/shared-connection.js", sdk_shared_connection),
    FILE("/sdk/sharing-follower.js", "clients/js/sharing-follower.js", sdk_sharing_follower),
    FILE("/sdk/sharing-leader.js", "clients/js/sharing-leader.js", sdk_sharing_leader),
    FILE("/sdk/snapshot-pages.js", "clients/js/snapshot-pages.js", sdk_snapshot_pages),
    FILE("/sdk/snapshot-source.js", "clients/js/snapshot-source.js", sdk_snapshot_source),
    FILE("/sdk/subscription-filter.js", "clients/js/subscription-filter.js", sdk_subscription_filter),
    FILE("/sdk/subscriptions.js", "clients/js/subscriptions.js", sdk_subscriptions),
    FILE("/sdk/tallywire.js", "clients/js/tallywire.js", sdk_tallywire),
    FILE("/sdk/token.js", "clients/js/token.js", sdk_token),
    FILE("/sdk/transport-choice.js", "clients/js/transport-choice.js", sdk_transport_choice),
    FILE("/sdk/transports.js", "clients/js/transports.js", sdk_transports),
    FILE("/sdk/wake-detector.js", "clients/js/wake-detector.js", sdk_wake_detector),
    FILE("/sdk/websocket.js", "clients/js/websocket.js", sdk_websocket),
};

size_t tallywire_web_file_count(void) { return sizeof files / sizeof *files; }

const struct tallywire_web_file *tallywire_web_file(size_t number) { return &files[number]; }
