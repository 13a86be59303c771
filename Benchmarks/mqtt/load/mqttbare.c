// mqttbare - the least that libmosquitto can do, to measure Tallywire's MQTT bridge against. Each mode prints one line of JSON.
//
//   mqttbare PORT session NAME TOPIC            leaves a persistent session that subscribes to TOPIC with QoS 1, and goes
//   mqttbare PORT receive NAME TOPIC COUNT      takes COUNT messages of QoS 1 in that session with mosquitto_loop
//   mqttbare PORT publish TOPIC COUNT WINDOW [PAYLOAD] [retain]
//                                               publishes COUNT messages with at most WINDOW unacknowledged; %d in TOPIC and PAYLOAD
//                                               becomes the number (modulo 1000 in a TOPIC that is retained)
//   mqttbare PORT echo TOPIC RATE COUNT         publishes and receives its own messages, RATE a second: the broker's round trip
//   mqttbare PORT ask TOPIC ANSWERS RATE COUNT PAYLOAD   the same with somebody who answers on ANSWERS, in order
//   mqttbare PORT answer TOPIC ANSWERS COUNT [FILE]      is that somebody: sends each message back, and flushes it to FILE before that
#define _GNU_SOURCE
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
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

static const char *answers;
static int file = -1;
static void answer(struct mosquitto *m, void *o, const struct mosquitto_message *message) {
    (void)o;
    // Over and over the same blocks, as a log that is reused: a file that grows costs the disk twice as much.
    if (file >= 0 && (pwrite(file, message->payload, (size_t)message->payloadlen, received % 1024 * 4096) < 0 || fdatasync(file))) {
        perror("mqttbare: writing");
        exit(1);
    }
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
        if (argc == 7) open_file(argv[6]);
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
