// Shared bits of the load harness: clock, histogram, growable buffer, SHA-1/base64,
// payload templates and the few MQTT 3.1.1 packets that a load generator needs.
// libc only. C11 + GNU.
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DIE(...)                                                                                                                 \
    do {                                                                                                                         \
        fprintf(stderr, __VA_ARGS__);                                                                                            \
        fputc('\n', stderr);                                                                                                     \
        exit(2);                                                                                                                 \
    } while (0)

static clockid_t g_clock = CLOCK_MONOTONIC;

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(g_clock, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static inline uint64_t mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static uint64_t g_rng = 0x9E3779B97F4A7C15ull;

static inline uint64_t rnd(void) {
    g_rng ^= g_rng << 13;
    g_rng ^= g_rng >> 7;
    g_rng ^= g_rng << 17;
    return g_rng;
}

// ---------------------------------------------------------------- histogram (ns, <0.8 % error)
#define HN 7424

typedef struct {
    uint64_t n, max, b[HN];
    double sum;
} hist;

static inline void hadd(hist *h, uint64_t v) {
    unsigned i;
    if (v < 256)
        i = (unsigned)v;
    else {
        unsigned e = 63 - (unsigned)__builtin_clzll(v) - 7;
        i = (e << 7) + (unsigned)(v >> e);
    }
    h->b[i]++;
    h->n++;
    h->sum += (double)v;
    if (v > h->max) h->max = v;
}

static double hpct(const hist *h, double p) { // µs
    if (!h->n) return 0;
    uint64_t want = (uint64_t)(p / 100.0 * (double)h->n + 0.5);
    if (!want) want = 1;
    uint64_t c = 0;
    for (unsigned i = 0; i < HN; i++)
        if ((c += h->b[i]) >= want) {
            uint64_t v = i;
            if (i >= 256) {
                unsigned e = i / 128 - 1;
                v = ((uint64_t)(i - e * 128) << e) + ((1ull << e) >> 1);
            }
            if (v > h->max) v = h->max;
            return (double)v / 1000.0;
        }
    return (double)h->max / 1000.0;
}

static void hprint(const char *name, const hist *h) {
    printf("\"%s\":{\"n\":%llu,\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,\"max\":%.1f}", name,
           (unsigned long long)h->n, h->n ? h->sum / (double)h->n / 1000.0 : 0.0, hpct(h, 50), hpct(h, 90), hpct(h, 99),
           hpct(h, 99.9), (double)h->max / 1000.0);
}

// ---------------------------------------------------------------- growable byte buffer with a read offset
typedef struct {
    uint8_t *p;
    uint32_t len, off, cap;
} buf;

static void bput(buf *b, const void *d, size_t n) {
    if (b->off && b->off == b->len) b->off = b->len = 0;
    if ((size_t)b->len + n > b->cap) {
        if (b->off) {
            memmove(b->p, b->p + b->off, b->len - b->off);
            b->len -= b->off;
            b->off = 0;
        }
        size_t c = b->cap ? b->cap : 256;
        while (c < (size_t)b->len + n)
            c *= 2;
        if (c > b->cap) {
            b->p = realloc(b->p, c);
            if (!b->p) DIE("out of memory");
            b->cap = (uint32_t)c;
        }
    }
    memcpy(b->p + b->len, d, n);
    b->len += (uint32_t)n;
}

static void bfree(buf *b) {
    free(b->p);
    memset(b, 0, sizeof *b);
}

// ---------------------------------------------------------------- SHA-1 and base64 (Sec-WebSocket-Accept)
static void sha1(const uint8_t *d, size_t n, uint8_t out[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t m[256];
    size_t t = ((n + 8) / 64 + 1) * 64;
    if (t > sizeof m) DIE("sha1: too long");
    memset(m, 0, sizeof m);
    memcpy(m, d, n);
    m[n] = 0x80;
    for (int i = 0; i < 8; i++)
        m[t - 1 - (size_t)i] = (uint8_t)(((uint64_t)n * 8) >> (8 * i));
    for (size_t o = 0; o < t; o += 64) {
        uint32_t w[80];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)m[o + 4 * i] << 24 | (uint32_t)m[o + 4 * i + 1] << 16 | (uint32_t)m[o + 4 * i + 2] << 8 |
                   m[o + 4 * i + 3];
        for (int i = 16; i < 80; i++) {
            uint32_t x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
            w[i] = x << 1 | x >> 31;
        }
        uint32_t a = h[0], b = h[1], c = h[2], e = h[4], dd = h[3];
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20) {
                f = (b & c) | (~b & dd);
                k = 0x5A827999;
            } else if (i < 40) {
                f = b ^ c ^ dd;
                k = 0x6ED9EBA1;
            } else if (i < 60) {
                f = (b & c) | (b & dd) | (c & dd);
                k = 0x8F1BBCDC;
            } else {
                f = b ^ c ^ dd;
                k = 0xCA62C1D6;
            }
            uint32_t tmp = (a << 5 | a >> 27) + f + e + k + w[i];
            e = dd;
            dd = c;
            c = b << 30 | b >> 2;
            b = a;
            a = tmp;
        }
        h[0] += a;
        h[1] += b;
        h[2] += c;
        h[3] += dd;
        h[4] += e;
    }
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 4; j++)
            out[i * 4 + j] = (uint8_t)(h[i] >> (24 - 8 * j));
}

static void b64(const uint8_t *d, size_t n, char *o) {
    static const char t[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)d[i] << 16 | (i + 1 < n ? (uint32_t)d[i + 1] << 8 : 0) | (i + 2 < n ? d[i + 2] : 0);
        *o++ = t[v >> 18];
        *o++ = t[v >> 12 & 63];
        *o++ = i + 1 < n ? t[v >> 6 & 63] : '=';
        *o++ = i + 2 < n ? t[v & 63] : '=';
    }
    *o = 0;
}

// ---------------------------------------------------------------- text helpers
// Expands %d (index) and %r (room = index mod rooms) in s.
static size_t expand(const char *s, unsigned idx, unsigned rooms, char *o, size_t cap) {
    size_t n = 0;
    for (; *s && n + 12 < cap; s++) {
        if (*s == '%' && s[1] == 'd') {
            n += (size_t)sprintf(o + n, "%u", idx);
            s++;
        } else if (*s == '%' && s[1] == 'r') {
            n += (size_t)sprintf(o + n, "%u", rooms ? idx % rooms : 0);
            s++;
        } else
            o[n++] = *s;
    }
    if (*s) DIE("text too long: %.40s...", s);
    o[n] = 0;
    return n;
}

static inline char *u64s(char *o, uint64_t v) {
    char t[20];
    int n = 0;
    do {
        t[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n)
        *o++ = t[--n];
    return o;
}

// Payload template: {ts} {seq} {rand} {pad}; {pad} fills the payload to the wanted size.
#define DEFAULT_TEMPLATE                                                                                                         \
    "{\"type\":\"movement\",\"sku\":\"SKU-1\",\"loc\":\"A-01\",\"delta\":-1,\"seq\":{seq},\"ts\":{ts},\"note\":\"{pad}\"}"

typedef struct {
    char kind;
    const char *s;
    size_t n;
} tseg;

typedef struct {
    tseg seg[64];
    int n;
    size_t size;
} tmpl;

static void tcompile(tmpl *t, const char *s, size_t size) {
    static const struct {
        const char *w;
        char k;
    } ks[] = {{"{ts}", 't'}, {"{seq}", 's'}, {"{pad}", 'p'}, {"{rand}", 'r'}};

    memset(t, 0, sizeof *t);
    t->size = size;
    while (*s) {
        if (t->n > 61) DIE("template: too many fields");
        for (unsigned i = 0; i < 4; i++)
            if (!strncmp(s, ks[i].w, strlen(ks[i].w))) {
                t->seg[t->n++].kind = ks[i].k;
                s += strlen(ks[i].w);
                goto next;
            }
        if (!t->n || t->seg[t->n - 1].kind != 'l') {
            t->seg[t->n].kind = 'l';
            t->seg[t->n].s = s;
            t->n++;
        }
        t->seg[t->n - 1].n++;
        s++;
    next:;
    }
}

static size_t trender(const tmpl *t, char *o, size_t cap, uint64_t ts, uint64_t seq) {
    char *p = o, *e = o + cap - 32;
    size_t padat = (size_t)-1;
    for (int i = 0; i < t->n; i++) {
        const tseg *g = &t->seg[i];
        if (p + g->n >= e) DIE("payload too long");
        switch (g->kind) {
        case 'l':
            memcpy(p, g->s, g->n);
            p += g->n;
            break;
        case 't':
            p = u64s(p, ts);
            break;
        case 's':
            p = u64s(p, seq);
            break;
        case 'r':
            p = u64s(p, rnd() >> 40);
            break;
        case 'p':
            padat = (size_t)(p - o);
            break;
        }
    }
    size_t n = (size_t)(p - o);
    if (padat != (size_t)-1 && n < t->size) {
        size_t k = t->size - n;
        if (n + k >= cap) DIE("payload too long");
        memmove(o + padat + k, o + padat, n - padat);
        memset(o + padat, 'x', k);
        n += k;
    }
    return n;
}

// ---------------------------------------------------------------- MQTT 3.1.1
static void mq_len(buf *b, uint32_t n) {
    do {
        uint8_t x = n & 127;
        n >>= 7;
        if (n) x |= 128;
        bput(b, &x, 1);
    } while (n);
}

static void mq_str(buf *b, const char *s, size_t n) {
    uint8_t l[2] = {(uint8_t)(n >> 8), (uint8_t)n};
    bput(b, l, 2);
    bput(b, s, n);
}

static void mq_connect(buf *b, const char *id, const char *user, const char *pass, unsigned keepalive) {
    uint32_t n = 10 + 2 + (uint32_t)strlen(id);
    uint8_t fl = 2;
    if (user) {
        n += 2 + (uint32_t)strlen(user);
        fl |= 0x80;
    }
    if (pass) {
        n += 2 + (uint32_t)strlen(pass);
        fl |= 0x40;
    }
    uint8_t h = 0x10;
    bput(b, &h, 1);
    mq_len(b, n);
    uint8_t v[10] = {0, 4, 'M', 'Q', 'T', 'T', 4, fl, (uint8_t)(keepalive >> 8), (uint8_t)keepalive};
    bput(b, v, 10);
    mq_str(b, id, strlen(id));
    if (user) mq_str(b, user, strlen(user));
    if (pass) mq_str(b, pass, strlen(pass));
}

static void mq_subscribe(buf *b, uint16_t pid, const char *topic, int qos) {
    uint8_t h = 0x82;
    bput(b, &h, 1);
    mq_len(b, (uint32_t)(2 + 2 + strlen(topic) + 1));
    uint8_t p[2] = {(uint8_t)(pid >> 8), (uint8_t)pid};
    bput(b, p, 2);
    mq_str(b, topic, strlen(topic));
    uint8_t q = (uint8_t)qos;
    bput(b, &q, 1);
}

static void mq_publish(buf *b, const char *topic, size_t tn, int qos, bool retain, uint16_t pid, const void *d, size_t n) {
    uint8_t h = (uint8_t)(0x30 | qos << 1 | (retain ? 1 : 0));
    bput(b, &h, 1);
    mq_len(b, (uint32_t)(2 + tn + (qos ? 2 : 0) + n));
    mq_str(b, topic, tn);
    if (qos) {
        uint8_t p[2] = {(uint8_t)(pid >> 8), (uint8_t)pid};
        bput(b, p, 2);
    }
    bput(b, d, n);
}

// One whole packet at d? Returns its total length (0 = need more), *hl = fixed header length. -1 = malformed.
static inline long mq_whole(const uint8_t *d, size_t n, size_t *hl) {
    uint32_t rl = 0;
    size_t i = 1;
    if (n < 2) return 0;
    for (int s = 0;; s += 7, i++) {
        if (i >= n) return 0;
        if (s > 21) return -1;
        rl |= (uint32_t)(d[i] & 127) << s;
        if (!(d[i] & 128)) break;
    }
    i++;
    *hl = i;
    return n >= i + rl ? (long)(i + rl) : 0;
}

// ---------------------------------------------------------------- URL: scheme://[user[:pass]@]host[:port][/path]
typedef struct {
    char scheme[12], host[64], user[64], pass[64], path[512];
    int port;
    struct sockaddr_in sa;
} url;

static void parse_url(const char *s, url *u) {
    memset(u, 0, sizeof *u);
    const char *p = strstr(s, "://");
    if (!p || (size_t)(p - s) >= sizeof u->scheme) DIE("bad URL %s", s);
    memcpy(u->scheme, s, (size_t)(p - s));
    p += 3;
    const char *e = strpbrk(p, "/?");
    if (!e) e = p + strlen(p);
    const char *at = memchr(p, '@', (size_t)(e - p));
    if (at) {
        const char *c = memchr(p, ':', (size_t)(at - p));
        snprintf(u->user, sizeof u->user, "%.*s", (int)((c ? c : at) - p), p);
        if (c) snprintf(u->pass, sizeof u->pass, "%.*s", (int)(at - c - 1), c + 1);
        p = at + 1;
    }
    const char *c = memchr(p, ':', (size_t)(e - p));
    snprintf(u->host, sizeof u->host, "%.*s", (int)((c ? c : e) - p), p);
    u->port = c ? atoi(c + 1) : !strcmp(u->scheme, "mqtt") ? 1883 : !strcmp(u->scheme, "nats") ? 4222 : 80;
    if (!strcmp(u->host, "localhost")) strcpy(u->host, "127.0.0.1");
    snprintf(u->path, sizeof u->path, "%s%s", *e == '/' ? "" : "/", e);
    u->sa.sin_family = AF_INET;
    u->sa.sin_port = htons((uint16_t)u->port);
    if (inet_pton(AF_INET, u->host, &u->sa.sin_addr) != 1) DIE("host must be an IPv4 address: %s", u->host);
    if ((ntohl(u->sa.sin_addr.s_addr) >> 24) != 127) DIE("this harness talks to 127.0.0.0/8 only");
}

static double tv(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static volatile sig_atomic_t g_stop;

static void on_sig(int s) {
    (void)s;
    g_stop = 1;
}

static void touch(const char *f) {
    if (f) {
        int d = open(f, O_CREAT | O_WRONLY, 0644);
        if (d >= 0) close(d);
    }
}

static void json_str(const char *s) { // prints a JSON string
    putchar('"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 32)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}
#endif
