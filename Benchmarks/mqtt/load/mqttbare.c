// mqttbare - the least that libmosquitto can do, to measure Tallywire's MQTT bridge against. Each mode prints one line of JSON.
//
//   mqttbare PORT session NAME TOPIC            leaves a persistent session that subscribes to TOPIC with QoS 1, and goes
//   mqttbare PORT receive NAME TOPIC COUNT      takes COUNT messages of QoS 1 in that session with mosquitto_loop
//   mqttbare PORT publish TOPIC COUNT WINDOW [PAYLOAD] [retain]
//                                               publishes COUNT messages with at most WINDOW unacknowledged; %d in TOPIC and PAYLOAD
//                                               becomes the number (modulo 1000 in a TOPIC that is retained)
//   mqttbare PORT echo TOPIC RATE COUNT         publishes and receives its own messages, RATE a second: the broker's round trip
//   mqttbare PORT ask TOPIC ANSWERS RATE COUNT PAYLOAD   the same with somebody who answers on ANSWERS, in order
//   mqttbare PORT answer TOPIC ANSWERS COUNT [FILE]      is that somebody: sends each message back, and flushes it to FILE before that;
//                                               a FILE that ends in .db is an SQLite journal, and each message is a transaction
//   mqttbare PORT store NAME TOPIC COUNT FILE   takes COUNT messages in the session NAME and commits them to an SQLite journal on a
//                                               thread of its own, as many at a time as have come
#define _GNU_SOURCE
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec; }

static long wanted, received, acknowledged, sent, subscribed;
static uint64_t first, last, *sent_at;
static double *took;

static void on_subscribe(struct mosquitto *m, void *o, int id, int n, const int *g) { (void)m; (void)o; (void)id; (void)n; (void)g; subscribed = 1; }
static void on_publish(struct mosquitto *m, void *o, int id) { (void)m; (void)o; (void)id; acknowledged++; }
static void on_message(struct mosquitto *m, void *o, const struct mosquitto_message *message) {
    (void)m; (void)o; (void)message;
    last = now();
    if (!received) first = last;
    if (took && received < wanted) took[received] = (double)(last - sent_at[received]) / 1e6;
    received++;
}

static void fail(const char *what, int code) { fprintf(stderr, "mqttbare: %s: %s\n", what, mosquitto_strerror(code)); exit(1); }
static void loop(struct mosquitto *m, int wait) { int code = mosquitto_loop(m, wait, 1); if (code) fail("the connection ended", code); }

static struct mosquitto *connected(const char *name, bool clean, int port) {
    struct mosquitto *m = mosquitto_new(name, clean, NULL);
    if (!m) fail("no client", MOSQ_ERR_NOMEM);
    mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, 1000);
    mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, 65535);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    mosquitto_publish_callback_set(m, on_publish);
    mosquitto_message_callback_set(m, on_message);
    mosquitto_property *properties = NULL;
    if (!clean) mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 3600);
    int code = mosquitto_connect_bind_v5(m, "127.0.0.1", port, 60, NULL, properties);
    mosquitto_property_free_all(&properties);
    if (code) fail("connecting", code);
    return m;
}
static void subscribe(struct mosquitto *m, const char *topic) {
    int code = mosquitto_subscribe(m, NULL, topic, 1);
    if (code) fail("subscribing", code);
    while (!subscribed) loop(m, 100);
}

static int compare(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

static int roundtrip(struct mosquitto *m, const char *topic, double rate, long count, const char *payload) {
    wanted = count;
    sent_at = calloc((size_t)count, sizeof *sent_at);
    took = calloc((size_t)count, sizeof *took);
    uint64_t start = now();
    while (received < count) {
        while (sent < count && now() - start >= (uint64_t)((double)sent / rate * 1e9)) {
            char text[512];
            int size = snprintf(text, sizeof text, payload, (int)sent);
            sent_at[sent++] = now();
            int code = mosquitto_publish(m, NULL, topic, size, text, 1, false);
            if (code) fail("publishing", code);
        }
        // Sleeps until the next one is due or something comes: a loop that spins would take a core from those that are measured.
        uint64_t due = start + (uint64_t)((double)sent / rate * 1e9), moment = now();
        uint64_t wait = sent < count ? (due > moment ? due - moment : 0) : 10000000;
        struct pollfd fd = {.fd = mosquitto_socket(m), .events = (short)(POLLIN | (mosquitto_want_write(m) ? POLLOUT : 0))};
        struct timespec span = {(time_t)(wait / 1000000000ull), (long)(wait % 1000000000ull)};
        ppoll(&fd, 1, &span, NULL);
        loop(m, 0);
        if (now() - start > (uint64_t)((double)count / rate * 1e9) + 30000000000ull) { fprintf(stderr, "mqttbare: %ld of %ld came back\n", received, count); return 1; }
    }
    qsort(took, (size_t)count, sizeof *took, compare);
    printf("{\"count\":%ld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", count, took[count / 2], took[count * 99 / 100], took[count - 1]);
    return 0;
}

// The least of a journal in SQLite that loses nothing and applies a scan once: an event, an answer by its id, a balance. Nothing is parsed,
// looked up or decided, and the event's text is not made but copied.
static sqlite3 *database;
static sqlite3_stmt *begin, *event, *reply, *balance, *last_seq, *commit;
static char event_text[] = "{\"type\":\"inventory_updated\",\"seq\":1042,\"timestamp\":\"2026-11-22T16:40:00.123Z\",\"data\":{\"productId\":1,\"variantId\":11,"
    "\"sku\":\"TEE-RED-M\",\"variantName\":\"Red / M\",\"stock\":41,\"previousStock\":42,\"totalProductStock\":120,\"operation\":\"subtract\",\"quantity\":1,"
    "\"price\":19.99,\"status\":\"active\",\"level\":\"ok\",\"location\":\"WH1\",\"locationStock\":10,\"version\":57,\"source\":\"mqtt-scanners/dock-1\","
    "\"movementId\":\"0190f7a0-0000-7000-8000-000000000000\",\"timestamp\":\"2026-11-22T16:40:00.123Z\"}}";
static char reply_text[] = "{\"movementId\":\"0190f7a0-0000-7000-8000-000000000000\",\"status\":\"applied\",\"seq\":1042,\"lines\":[{\"sku\":\"TEE-RED-M\",\"stock\":41}]}";
static long stored;

static void check(int code) { if (code != SQLITE_OK && code != SQLITE_DONE) { fprintf(stderr, "mqttbare: SQLite: %s\n", sqlite3_errmsg(database)); exit(1); } }
static sqlite3_stmt *prepared(const char *sql) { sqlite3_stmt *s; check(sqlite3_prepare_v2(database, sql, -1, &s, NULL)); return s; }
static void run(sqlite3_stmt *s) { check(sqlite3_step(s)); sqlite3_reset(s); }
static void open_journal(const char *path) {
    check(sqlite3_open(path, &database));
    check(sqlite3_exec(database, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
        "PRAGMA wal_autocheckpoint = 4000;"
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, json BLOB NOT NULL);"
        "CREATE TABLE answers (row INTEGER PRIMARY KEY, at INTEGER NOT NULL, id TEXT NOT NULL, outcome BLOB NOT NULL);"
        "CREATE TABLE balances (variant INTEGER PRIMARY KEY, units INTEGER NOT NULL);"
        "INSERT INTO meta VALUES ('seq', 0); INSERT INTO balances VALUES (11, 0)", NULL, NULL, NULL));
    begin = prepared("BEGIN IMMEDIATE");
    event = prepared("INSERT INTO events VALUES (?, ?, ?)");
    reply = prepared("INSERT INTO answers VALUES (?, ?, ?, ?)");
    balance = prepared("UPDATE balances SET units = ? WHERE variant = 11");
    last_seq = prepared("UPDATE meta SET value = ? WHERE key = 'seq'");
    commit = prepared("COMMIT");
}
static void store(long count) {
    run(begin);
    for (long i = 0; i < count; i++) {
        char id[32];
        int size = snprintf(id, sizeof id, "dock-1\x1f%016ld", ++stored);
        sqlite3_bind_int64(event, 1, stored);
        sqlite3_bind_int64(event, 2, (sqlite3_int64)now());
        sqlite3_bind_blob(event, 3, event_text, sizeof event_text - 1, SQLITE_STATIC);
        run(event);
        sqlite3_bind_int64(reply, 1, stored);
        sqlite3_bind_int64(reply, 2, (sqlite3_int64)now());
        sqlite3_bind_text(reply, 3, id, size, SQLITE_TRANSIENT);
        sqlite3_bind_blob(reply, 4, reply_text, sizeof reply_text - 1, SQLITE_STATIC);
        run(reply);
    }
    sqlite3_bind_int64(balance, 1, stored);
    run(balance);
    sqlite3_bind_int64(last_seq, 1, stored);
    run(last_seq);
    run(commit);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static long waiting;
static void *committing(void *unused) {
    (void)unused;
    while (stored < wanted) {
        pthread_mutex_lock(&lock);
        while (!waiting) pthread_cond_wait(&came, &lock);
        long count = waiting;
        waiting = 0;
        pthread_mutex_unlock(&lock);
        store(count);
    }
    last = now();
    return NULL;
}
static void on_scan(struct mosquitto *m, void *o, const struct mosquitto_message *message) {
    (void)m; (void)o; (void)message;
    if (!received++) first = now();
    pthread_mutex_lock(&lock);
    if (!waiting++) pthread_cond_signal(&came);
    pthread_mutex_unlock(&lock);
}

static const char *answers;
static int file = -1;
static void answer(struct mosquitto *m, void *o, const struct mosquitto_message *message) {
    (void)o;
    // Over and over the same blocks, as a log that is reused: a file that grows costs the disk twice as much.
    if (file >= 0 && (pwrite(file, message->payload, (size_t)message->payloadlen, received % 1024 * 4096) < 0 || fdatasync(file))) {
        perror("mqttbare: writing");
        exit(1);
    }
    if (database) store(1);
    received++;
    int code = mosquitto_publish(m, NULL, answers, message->payloadlen, message->payload, 1, false);
    if (code) fail("publishing", code);
}
static void open_file(const char *path) {
    static const char empty[4096];
    file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 1024 && file >= 0; i++) if (pwrite(file, empty, sizeof empty, i * 4096) < 0) { close(file); file = -1; }
    if (file < 0 || fsync(file)) { perror(path); exit(1); }
}

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "see the top of mqttbare.c\n"); return 64; }
    mosquitto_lib_init();
    int port = atoi(argv[1]);
    const char *mode = argv[2];
    if (!strcmp(mode, "session") && argc == 5) {
        struct mosquitto *m = connected(argv[3], false, port);
        subscribe(m, argv[4]);
        mosquitto_disconnect(m);
        return 0;
    }
    if (!strcmp(mode, "receive") && argc == 6) {
        wanted = atol(argv[5]);
        struct mosquitto *m = connected(argv[3], false, port);
        while (received < wanted) loop(m, 1000);
        for (int i = 0; i < 20; i++) loop(m, 10);
        printf("{\"count\":%ld,\"seconds\":%.4f,\"per_second\":%.0f}\n", received, (double)(last - first) / 1e9, (double)received / ((double)(last - first) / 1e9));
        return 0;
    }
    if (!strcmp(mode, "store") && argc == 7) {
        wanted = atol(argv[5]);
        open_journal(argv[6]);
        pthread_t thread;
        pthread_create(&thread, NULL, committing, NULL);
        struct mosquitto *m = connected(argv[3], false, port);
        mosquitto_message_callback_set(m, on_scan);
        while (received < wanted) loop(m, 1000);
        pthread_join(thread, NULL);
        for (int i = 0; i < 20; i++) loop(m, 10);
        printf("{\"count\":%ld,\"seconds\":%.4f,\"per_second\":%.0f}\n", stored, (double)(last - first) / 1e9, (double)stored / ((double)(last - first) / 1e9));
        return 0;
    }
    if (!strcmp(mode, "publish") && argc >= 6) {
        const char *topic = argv[3], *payload = argc > 6 ? argv[6] : "4006381333931";
        long count = atol(argv[4]), window = atol(argv[5]);
        bool retain = argc > 7 && !strcmp(argv[7], "retain");
        struct mosquitto *m = connected("mqttbare-publisher", true, port);
        for (int i = 0; i < 50 && mosquitto_socket(m) >= 0 && i < 5; i++) loop(m, 20);
        uint64_t start = now();
        while (acknowledged < count) {
            while (sent < count && sent - acknowledged < window) {
                char name[256], text[1024];
                snprintf(name, sizeof name, topic, (int)(retain ? sent % 1000 : sent));
                int size = snprintf(text, sizeof text, payload, (int)sent);
                int code = mosquitto_publish(m, NULL, name, size, text, 1, retain);
                if (code) fail("publishing", code);
                sent++;
            }
            loop(m, 100);
        }
        double seconds = (double)(now() - start) / 1e9;
        printf("{\"count\":%ld,\"seconds\":%.4f,\"per_second\":%.0f}\n", count, seconds, (double)count / seconds);
        return 0;
    }
    if (!strcmp(mode, "echo") && argc == 6) {
        struct mosquitto *m = connected("mqttbare-echo", true, port);
        subscribe(m, argv[3]);
        return roundtrip(m, argv[3], atof(argv[4]), atol(argv[5]), "4006381333931");
    }
    if (!strcmp(mode, "ask") && argc == 8) {
        struct mosquitto *m = connected("mqttbare-ask", true, port);
        subscribe(m, argv[4]);
        return roundtrip(m, argv[3], atof(argv[5]), atol(argv[6]), argv[7]);
    }
    if (!strcmp(mode, "answer") && (argc == 6 || argc == 7)) {
        wanted = atol(argv[5]);
        answers = argv[4];
        if (argc == 7) (strstr(argv[6], ".db") ? open_journal : open_file)(argv[6]);
        struct mosquitto *m = connected("mqttbare-answer", true, port);
        mosquitto_message_callback_set(m, answer);
        subscribe(m, argv[3]);
        puts("ready");
        fflush(stdout);
        while (acknowledged < wanted) loop(m, 1000);
        return 0;
    }
    fprintf(stderr, "see the top of mqttbare.c\n");
    return 64;
}
