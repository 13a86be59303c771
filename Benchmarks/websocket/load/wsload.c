// wsload: the load client of the WebSocket benchmarks. Many subscribers and one publisher in one epoll thread, with libc alone,
// so that it takes as little as possible of the machine it measures. It prints one JSON object. `./wsload` without arguments
// prints the options; README.md says what the figures mean.
#include "common.h"
#include <dirent.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { T_WS, T_TCP };

enum { D_RAW, D_MQTT, D_NATS, D_HTTP };

enum { C_NEW, C_CONNECTING, C_HTTP, C_INIT, C_READY, C_DEAD };

typedef struct { // order state of one message stream as seen by one connection
    uint64_t first, last, mask, uniq;
    bool any;
} seqst;

typedef struct {
    int fd, idx;
    uint8_t state, fragop;
    bool is_pub, stalled, want_out;
    buf left; // bytes of a partial frame (or of the HTTP response)
    buf strm; // partial message (fragmented frame, or byte stream inside frames)
    buf out;  // not yet written
    char key[28];
    uint64_t t0, msgs;
} conn;

static struct {
    url u;
    int tr, di;
    const char *topic;
    int qos;
    int n, concur;
    double dur, idle, settle;
    uint64_t expect;
    unsigned rooms;
    const char *hdr[32];
    int nhdr;
    const char *subp;
    const char *init[16];
    int ninit;
    const char *ready;
    const char *kts, *kseq;
    uint32_t src0;
    int nsrc;
    const char *ready_file;
    int stall, rcvbuf, verbose;
    // integrated publisher
    bool pub;
    url pu;
    int ptr_, pdi;
    double prate;
    uint64_t pcount;
    int pwin;
    size_t psize;
    int pqos;
    const char *ptpl;
    const char *ptopic;
    const char *phdr[8];
    int nphdr;
    int wpid[8];
    int nwpid;
} o = {.n = 1, .concur = 64, .dur = 10, .settle = 0.3, .kts = "ts", .kseq = "seq", .pwin = -1, .psize = 200};

static conn *cs;
static conn pubc;
static int ep;
static seqst *sq;
static int nopen, nready, nfail, nclosed, ninflight, nextc;
static int close_code = -1;
static char first_err[256];
static uint64_t t_begin, t_ready, t_first, t_last, messages, frames, bytes, pings, lat_neg, unparsed;
static uint64_t bad_proto, acks, dup_, reord_, old_;
static hist hl, hh;
static char kts[64], kseq[64];
static size_t nts, nseq;
static tmpl tp;
static uint64_t published, pub_lost, pub_stalls, t_pub0, t_pub1;
static double max_lag;
static uint8_t *rb;
static size_t rbcap = 4 << 20;
static int napart; // connections that never take part in the counts (stalled on purpose)

static void err1(const char *f, ...) {
    va_list a;
    va_start(a, f);
    char t[256];
    vsnprintf(t, sizeof t, f, a);
    va_end(a);
    if (!first_err[0]) memcpy(first_err, t, sizeof t);
    if (o.verbose) fprintf(stderr, "wsload: %s\n", t);
}

static void ep_mod(conn *c, bool out) {
    if (c->want_out == out) return;
    c->want_out = out;
    struct epoll_event e = {.events = (c->stalled ? 0u : EPOLLIN) | (out ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}

static void kill_conn(conn *c, const char *why) {
    if (c->state == C_DEAD) return;
    if (why) err1("connection %d: %s", c->idx, why);
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
        nopen--;
    }
    if (!c->is_pub) {
        if (c->state == C_READY) {
            nclosed++;
            nready--;
        } else {
            nfail++;
            ninflight--;
        }
    } else if (c->state != C_DEAD)
        fprintf(stderr, "wsload: publisher connection lost (%s)\n", why ? why : "");
    c->state = C_DEAD;
    bfree(&c->left);
    bfree(&c->strm);
    bfree(&c->out);
}

static void flush_out(conn *c) {
    while (c->out.off < c->out.len) {
        ssize_t k = send(c->fd, c->out.p + c->out.off, c->out.len - c->out.off, MSG_NOSIGNAL);
        if (k < 0) {
            if (errno == EAGAIN) {
                ep_mod(c, true);
                return;
            }
            kill_conn(c, strerror(errno));
            return;
        }
        c->out.off += (uint32_t)k;
    }
    if (!c->is_pub)
        bfree(&c->out);
    else
        c->out.off = c->out.len = 0; // keep idle connections small
    if (c->state > C_CONNECTING) ep_mod(c, false);
}

// Queues one masked client frame (or raw bytes on TCP).
static void put_frame(conn *c, int op, const void *d, size_t n) {
    int tr = c->is_pub ? o.ptr_ : o.tr;
    if (tr == T_TCP) {
        bput(&c->out, d, n);
        return;
    }
    uint8_t h[14];
    size_t k = 2;
    h[0] = (uint8_t)(0x80 | op);
    if (n < 126)
        h[1] = (uint8_t)(0x80 | n);
    else if (n < 65536) {
        h[1] = 0x80 | 126;
        h[2] = (uint8_t)(n >> 8);
        h[3] = (uint8_t)n;
        k = 4;
    } else {
        h[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            h[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
        k = 10;
    }
    uint8_t m[4];
    uint32_t r = (uint32_t)(rnd() >> 16);
    memcpy(m, &r, 4);
    memcpy(h + k, m, 4);
    bput(&c->out, h, k + 4);
    bput(&c->out, d, n);
    uint8_t *p = c->out.p + c->out.len - n;
    for (size_t i = 0; i < n; i++)
        p[i] ^= m[i & 3];
}

static void send_frame(conn *c, int op, const void *d, size_t n) {
    put_frame(c, op, d, n);
    if (c->state != C_DEAD && !c->want_out) flush_out(c);
}

static void set_ready(conn *c) {
    if (c->state == C_READY || c->state == C_DEAD) return;
    c->state = C_READY;
    if (c->is_pub) return;
    ninflight--;
    nready++;
    hadd(&hh, mono_ns() - c->t0);
    t_ready = mono_ns();
    if (c->idx < o.stall) {
        c->stalled = true;
        c->want_out = !c->want_out;
        ep_mod(c, !c->want_out);
    }
}

static void send_initials(conn *c) {
    char t[8192];
    for (int i = 0; i < o.ninit; i++) {
        size_t n = expand(o.init[i], (unsigned)c->idx, o.rooms, t, sizeof t);
        put_frame(c, 1, t, n);
    }
    if (c->out.len) flush_out(c);
    if (c->state != C_DEAD && !o.ready) set_ready(c);
}

static void dialect_start(conn *c) { // transport is up
    int di = c->is_pub ? o.pdi : o.di;
    url *u = c->is_pub ? &o.pu : &o.u;
    c->state = C_INIT;
    if (di == D_RAW) {
        if (c->is_pub)
            set_ready(c);
        else
            send_initials(c);
    } else if (di == D_MQTT) {
        char id[48];
        snprintf(id, sizeof id, "%s%d-%d", c->is_pub ? "wlpub" : "wl", (int)getpid(), c->idx);
        buf b = {0};
        mq_connect(&b, id, u->user[0] ? u->user : NULL, u->pass[0] ? u->pass : NULL, 0);
        send_frame(c, 2, b.p, b.len);
        bfree(&b);
    } else if (di == D_HTTP) { // movements as a body that does not end
        char t[8192];
        int n =
            snprintf(t, sizeof t,
                     "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n",
                     u->path, u->host, u->port);
        for (int i = 0; i < o.nphdr; i++) {
            n += snprintf(t + n, sizeof t - (size_t)n, "%s\r\n", o.phdr[i]);
            if (n > 7900) DIE("headers too long");
        }
        n += snprintf(t + n, sizeof t - (size_t)n, "\r\n");
        send_frame(c, 2, t, (size_t)n);
        if (c->state != C_DEAD) set_ready(c);
    } // nats waits for INFO
}

// ---------------------------------------------------------------- measuring
static void seq_note(conn *c, uint64_t s) {
    seqst *q = &sq[c->idx];
    if (!q->any) {
        q->any = true;
        q->first = q->last = s;
        q->mask = 1;
        q->uniq = 1;
        return;
    }
    if (s > q->last) {
        uint64_t d = s - q->last;
        q->mask = d >= 64 ? 1 : q->mask << d | 1;
        q->last = s;
        q->uniq++;
    } else {
        uint64_t d = q->last - s;
        if (d >= 64)
            old_++;
        else if (q->mask >> d & 1)
            dup_++;
        else {
            q->mask |= 1ull << d;
            q->uniq++;
            reord_++;
            if (s < q->first) q->first = s;
        }
    }
}

// memmem for short needles; glibc's builds a table on every call, which dominated the generator's own CPU.
static const uint8_t *find(const uint8_t *h, size_t n, const char *nd, size_t m) {
#ifdef __SSE2__
    const __m128i f = _mm_set1_epi8(nd[0]), l = _mm_set1_epi8(nd[m - 1]);
    size_t i = 0;
    for (; i + m - 1 + 16 <= n; i += 16) {
        unsigned k =
            (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(f, _mm_loadu_si128((const void *)(h + i))),
                                                      _mm_cmpeq_epi8(l, _mm_loadu_si128((const void *)(h + i + m - 1)))));
        while (k) {
            unsigned b = (unsigned)__builtin_ctz(k);
            if (!memcmp(h + i + b, nd, m)) return h + i + b;
            k &= k - 1;
        }
    }
    for (; i + m <= n; i++)
        if (h[i] == (uint8_t)nd[0] && !memcmp(h + i, nd, m)) return h + i;
    return NULL;
#else
    return memmem(h, n, nd, m);
#endif
}

static inline bool num_at(const uint8_t *p, const uint8_t *e, uint64_t *v) {
    while (p < e && (*p == ' ' || *p == '"'))
        p++;
    uint64_t x = 0;
    const uint8_t *s = p;
    while (p < e && *p >= '0' && *p <= '9')
        x = x * 10 + (uint64_t)(*p++ - '0');
    *v = x;
    return p > s;
}

static void measure(conn *c, const uint8_t *d, size_t n, uint64_t now) {
    if (c->is_pub) return;
    const uint8_t *e = d + n, *p = d;
    uint64_t k = 0, v;
    while ((p = find(p, (size_t)(e - p), kts, nts))) {
        p += nts;
        k++;
        if (!num_at(p, e, &v))
            unparsed++;
        else if (v > now)
            lat_neg++;
        else
            hadd(&hl, now - v);
    }
    if (!k) return;
    if (sq) {
        p = d;
        while ((p = find(p, (size_t)(e - p), kseq, nseq))) {
            p += nseq;
            if (num_at(p, e, &v))
                seq_note(c, v);
            else
                unparsed++;
        }
    }
    if (!messages) t_first = mono_ns();
    c->msgs += k;
    messages += k;
}

// ---------------------------------------------------------------- byte-stream dialects
static size_t mqtt_parse(conn *c, const uint8_t *d, size_t n, uint64_t now) {
    size_t o0 = 0;
    while (o0 < n && c->state != C_DEAD) {
        size_t hl_ = 0;
        long t = mq_whole(d + o0, n - o0, &hl_);
        if (t < 0) {
            bad_proto++;
            kill_conn(c, "malformed MQTT packet");
            return n;
        }
        if (!t) break;
        const uint8_t *b = d + o0 + hl_, *e = d + o0 + t;
        switch (d[o0] >> 4) {
        case 2:
            if (b[1]) {
                char m[64];
                snprintf(m, sizeof m, "CONNACK refused, code %d", b[1]);
                kill_conn(c, m);
                return n;
            }
            if (c->is_pub)
                set_ready(c);
            else {
                char top[512];
                expand(o.topic, (unsigned)c->idx, o.rooms, top, sizeof top);
                buf s = {0};
                mq_subscribe(&s, 1, top, o.qos);
                send_frame(c, 2, s.p, s.len);
                bfree(&s);
            }
            break;
        case 9:
            if (b[2] & 0x80) {
                kill_conn(c, "SUBACK failure");
                return n;
            }
            set_ready(c);
            break;
        case 3: {
            int q = d[o0] >> 1 & 3;
            size_t tl = (size_t)b[0] << 8 | b[1];
            const uint8_t *p = b + 2 + tl;
            if (q) {
                uint8_t a[4] = {0x40, 2, p[0], p[1]};
                p += 2;
                if (q == 2) {
                    kill_conn(c, "QoS 2 not supported");
                    return n;
                }
                put_frame(c, 2, a, 4);
            }
            if (p <= e) measure(c, p, (size_t)(e - p), now);
            break;
        }
        case 4:
            acks++;
            break;
        default:
            break;
        }
        o0 += (size_t)t;
    }
    if (c->state != C_DEAD && c->out.len > c->out.off && !c->want_out) flush_out(c);
    return o0;
}

static size_t nats_parse(conn *c, const uint8_t *d, size_t n, uint64_t now) {
    size_t o0 = 0;
    char t[700];
    while (o0 < n && c->state != C_DEAD) {
        const uint8_t *l = d + o0, *e = memchr(l, '\n', n - o0);
        if (!e) break;
        size_t ll = (size_t)(e - l) + 1;
        if (!memcmp(l, "MSG ", ll > 4 ? 4 : ll)) {
            const uint8_t *q = e;
            while (q > l && q[-1] != ' ')
                q--;
            uint64_t sz;
            num_at(q, e, &sz);
            if (n - o0 < ll + sz + 2) break;
            measure(c, e + 1, sz, now);
            o0 += ll + sz + 2;
            continue;
        }
        if (!memcmp(l, "INFO", ll > 4 ? 4 : ll)) {
            char sub[400] = "";
            if (!c->is_pub) expand(o.topic, (unsigned)c->idx, o.rooms, sub, sizeof sub);
            int k = snprintf(t, sizeof t,
                             "CONNECT "
                             "{\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\",\"name\":\"wsload\","
                             "\"protocol\":1}\r\n%s%s%sPING\r\n",
                             c->is_pub ? "" : "SUB ", sub, c->is_pub ? "" : " 1\r\n");
            send_frame(c, 2, t, (size_t)k);
        } else if (!memcmp(l, "PING", ll > 4 ? 4 : ll)) {
            pings++;
            send_frame(c, 2, "PONG\r\n", 6);
        } else if (!memcmp(l, "PONG", ll > 4 ? 4 : ll))
            set_ready(c);
        else if (*l == '-') {
            snprintf(t, sizeof t, "%.*s", (int)(ll > 100 ? 100 : ll), l);
            kill_conn(c, t);
            return n;
        }
        o0 += ll;
    }
    return o0;
}

static void stream_in(conn *c, const uint8_t *d, size_t n, uint64_t now) {
    int di = c->is_pub ? o.pdi : o.di;
    if (di == D_RAW) return;
    if (di == D_HTTP) { // results are read, so that the server goes on, and only looked through for refusals
        const uint8_t *e = memmem(d, n, "urn:tallywire:problem:", 22);
        if (e) err1("refused: %.*s", (int)(d + n - e > 200 ? 200 : d + n - e), e);
        return;
    }
    size_t (*f)(conn *, const uint8_t *, size_t, uint64_t) = di == D_MQTT ? mqtt_parse : nats_parse;
    if (c->strm.len) {
        bput(&c->strm, d, n);
        size_t k = f(c, c->strm.p, c->strm.len, now);
        if (c->state == C_DEAD) return;
        if (k >= c->strm.len)
            bfree(&c->strm);
        else if (k) {
            memmove(c->strm.p, c->strm.p + k, c->strm.len - k);
            c->strm.len -= (uint32_t)k;
        }
    } else {
        size_t k = f(c, d, n, now);
        if (k < n && c->state != C_DEAD) bput(&c->strm, d + k, n - k);
    }
}

// One whole WebSocket message.
static void on_message(conn *c, const uint8_t *d, size_t n, uint64_t now) {
    if (c->is_pub) return;
    if (c->state == C_INIT && o.ready && memmem(d, n, o.ready, strlen(o.ready))) set_ready(c);
    measure(c, d, n, now);
}

// ---------------------------------------------------------------- WebSocket input
static size_t ws_parse(conn *c, const uint8_t *d, size_t n, uint64_t now) { // returns consumed
    size_t i = 0;
    int di = c->is_pub ? o.pdi : o.di;
    bool stream = di == D_MQTT || di == D_NATS;
    while (n - i >= 2 && c->state != C_DEAD) {
        uint8_t b0 = d[i], b1 = d[i + 1];
        uint64_t l = b1 & 127;
        size_t h = 2;
        if (b1 & 0x80 || b0 & 0x70) {
            bad_proto++;
            kill_conn(c, b1 & 0x80 ? "server frame is masked" : "RSV bit set without an extension");
            return n;
        }
        if (l == 126) {
            if (n - i < 4) break;
            l = (uint64_t)d[i + 2] << 8 | d[i + 3];
            h = 4;
        } else if (l == 127) {
            if (n - i < 10) break;
            l = 0;
            for (int k = 0; k < 8; k++)
                l = l << 8 | d[i + 2 + (size_t)k];
            h = 10;
        }
        if (n - i < h + l) {
            if (h + l > rbcap / 2) {
                rbcap = (h + l) * 2 + (1 << 20);
                uint8_t *nb = malloc(rbcap);
                if (!nb) DIE("out of memory");
                memcpy(nb, d + i, n - i);
                bput(&c->left, nb, n - i);
                free(rb);
                rb = nb;
                return (size_t)-1;
            }
            break;
        }
        const uint8_t *p = d + i + h;
        int op = b0 & 15;
        bool fin = b0 & 0x80;
        i += h + (size_t)l;
        if (op >= 8) {
            if (!fin || l > 125) {
                bad_proto++;
                kill_conn(c, "bad control frame");
                return n;
            }
            if (op == 9) {
                pings++;
                send_frame(c, 10, p, (size_t)l);
            } else if (op == 8) {
                int code = l >= 2 ? p[0] << 8 | p[1] : 1005;
                if (close_code < 0) close_code = code;
                char m[160];
                snprintf(m, sizeof m, "server closed, code %d %.*s", code, l > 2 ? (int)l - 2 : 0, p + 2);
                kill_conn(c, m);
                return n;
            }
            continue;
        }
        if (!c->is_pub) frames++;
        if (stream) {
            stream_in(c, p, (size_t)l, now);
            continue;
        }
        if (op == 0 ? !c->fragop : c->fragop != 0) {
            bad_proto++;
            kill_conn(c, "bad fragmentation");
            return n;
        }
        if (fin && op) {
            on_message(c, p, (size_t)l, now);
            continue;
        }
        bput(&c->strm, p, (size_t)l);
        if (op) c->fragop = (uint8_t)op;
        if (fin) {
            buf m = c->strm;
            memset(&c->strm, 0, sizeof c->strm);
            c->fragop = 0;
            on_message(c, m.p, m.len, now);
            bfree(&m);
        }
    }
    return i;
}

static void start_http(conn *c) {
    uint8_t k[16];
    for (int i = 0; i < 2; i++) {
        uint64_t r = rnd();
        memcpy(k + 8 * i, &r, 8);
    }
    b64(k, 16, c->key);
    url *u = c->is_pub ? &o.pu : &o.u;
    char path[700], t[8192], hd[2048];
    expand(u->path, (unsigned)c->idx, o.rooms, path, sizeof path);
    int n = snprintf(t, sizeof t,
                     "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                     "%s\r\nSec-WebSocket-Version: 13\r\n",
                     path, u->host, u->port, c->key);
    if (!c->is_pub && o.subp) n += snprintf(t + n, sizeof t - (size_t)n, "Sec-WebSocket-Protocol: %s\r\n", o.subp);
    const char **H = c->is_pub ? o.phdr : o.hdr;
    int nh = c->is_pub ? o.nphdr : o.nhdr;
    for (int i = 0; i < nh; i++) {
        expand(H[i], (unsigned)c->idx, o.rooms, hd, sizeof hd);
        n += snprintf(t + n, sizeof t - (size_t)n, "%s\r\n", hd);
        if (n > 7900) DIE("headers too long");
    }
    n += snprintf(t + n, sizeof t - (size_t)n, "\r\n");
    c->state = C_HTTP;
    bput(&c->out, t, (size_t)n);
    flush_out(c);
}

static long http_in(conn *c, uint8_t *d, size_t n) { // consumed, 0 = need more, -1 = dead
    uint8_t *e = memmem(d, n, "\r\n\r\n", 4);
    if (!e) {
        if (n > 65536) {
            kill_conn(c, "HTTP response too long");
            return -1;
        }
        return 0;
    }
    size_t hl_ = (size_t)(e - d) + 4;
    char h[4096];
    size_t m = hl_ < sizeof h - 1 ? hl_ : sizeof h - 1;
    memcpy(h, d, m);
    h[m] = 0;
    if (strncmp(h, "HTTP/1.1 101", 12)) {
        char t[120];
        char *nl = strchr(h, '\r');
        snprintf(t, sizeof t, "handshake refused: %.*s", (int)(nl ? nl - h : 60), h);
        kill_conn(c, t);
        return -1;
    }
    char src[80], want[32];
    uint8_t s[20];
    int k = snprintf(src, sizeof src, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", c->key);
    sha1((uint8_t *)src, (size_t)k, s);
    b64(s, 20, want);
    char *a = strcasestr(h, "\r\nsec-websocket-accept:");
    if (a) {
        a += 23;
        while (*a == ' ')
            a++;
    }
    if (!a || strncmp(a, want, 28)) {
        bad_proto++;
        kill_conn(c, "wrong Sec-WebSocket-Accept");
        return -1;
    }
    if (!c->is_pub && o.subp) {
        char *q = strcasestr(h, "\r\nsec-websocket-protocol:");
        if (q) {
            q += 25;
            while (*q == ' ')
                q++;
            size_t L = strcspn(q, "\r ,");
            if (!memmem(o.subp, strlen(o.subp), q, L)) q = NULL;
        }
        if (!q) {
            bad_proto++;
            kill_conn(c, "subprotocol not accepted");
            return -1;
        }
    }
    if (strcasestr(h, "\r\nsec-websocket-extensions:")) {
        bad_proto++;
        kill_conn(c, "unrequested extension");
        return -1;
    }
    return (long)hl_;
}

static void on_readable(conn *c) {
    size_t have = c->left.len;
    if (have) {
        memcpy(rb, c->left.p, have);
    }
    size_t room = rbcap - have;
    if (room > 256 * 1024 && have < 256 * 1024) room = 256 * 1024;
    ssize_t k = recv(c->fd, rb + have, room, 0);
    if (k < 0) {
        if (errno == EAGAIN) return;
        kill_conn(c, strerror(errno));
        return;
    }
    if (k == 0) {
        kill_conn(c, c->state == C_READY ? "closed by server" : "closed by server during setup");
        return;
    }
    uint64_t now = now_ns(), before = messages;
    if (!c->is_pub) bytes += (uint64_t)k;
    if (have) bfree(&c->left);
    size_t n = have + (size_t)k, i = 0;
    if (c->state == C_HTTP) {
        long h = http_in(c, rb, n);
        if (h < 0) return;
        if (!h) {
            bput(&c->left, rb, n);
            return;
        }
        i = (size_t)h;
        dialect_start(c);
        if (c->state == C_DEAD) return;
    }
    if ((c->is_pub ? o.ptr_ : o.tr) == T_TCP)
        stream_in(c, rb + i, n - i, now);
    else {
        size_t u = ws_parse(c, rb + i, n - i, now);
        if (u == (size_t)-1) return; // buffer grown, bytes already parked
        if (c->state != C_DEAD && i + u < n) bput(&c->left, rb + i + u, n - i - u);
    }
    if (messages != before) t_last = mono_ns();
}

static void start_conn(conn *c, int idx, bool is_pub) {
    memset(c, 0, sizeof *c);
    c->idx = idx;
    c->is_pub = is_pub;
    c->t0 = mono_ns();
    c->state = C_CONNECTING;
    if (!is_pub) ninflight++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        kill_conn(c, strerror(errno));
        return;
    }
    nopen++;
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (o.rcvbuf && !is_pub) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &o.rcvbuf, sizeof o.rcvbuf);
    if (o.nsrc && !is_pub) {
        struct sockaddr_in s = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(o.src0 + (uint32_t)(idx % o.nsrc))};
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(c->fd, (void *)&s, sizeof s)) {
            kill_conn(c, "bind source address");
            return;
        }
    }
    struct sockaddr_in *sa = is_pub ? &o.pu.sa : &o.u.sa;
    if (connect(c->fd, (void *)sa, sizeof *sa) && errno != EINPROGRESS) {
        kill_conn(c, strerror(errno));
        return;
    }
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    c->want_out = true;
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void on_event(conn *c, uint32_t ev) {
    if (c->state == C_DEAD) return;
    if (c->state == C_CONNECTING) {
        int er = 0;
        socklen_t l = sizeof er;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &er, &l);
        if (er) {
            kill_conn(c, strerror(er));
            return;
        }
        if (!(ev & EPOLLOUT)) return;
        if ((c->is_pub ? o.ptr_ : o.tr) == T_WS)
            start_http(c);
        else {
            c->state = C_INIT;
            ep_mod(c, false);
            dialect_start(c);
        }
        return;
    }
    if (ev & EPOLLOUT) flush_out(c);
    if (c->state != C_DEAD && ev & (EPOLLIN | EPOLLHUP | EPOLLERR) && !c->stalled)
        on_readable(c);
    else if (c->stalled && ev & (EPOLLHUP | EPOLLERR))
        kill_conn(c, "stalled connection closed by server");
}

static void poll_once(uint64_t max_ns) {
    struct epoll_event ev[256];
    struct timespec ts = {(time_t)(max_ns / 1000000000ull), (long)(max_ns % 1000000000ull)};
    int k = epoll_pwait2(ep, ev, 256, &ts, NULL);
    for (int i = 0; i < k; i++)
        on_event(ev[i].data.ptr, ev[i].events);
}

// ---------------------------------------------------------------- integrated publisher
// Lines for the next chunk of the publisher's HTTP request.
static buf lines;

static void pub_one(uint64_t seq) {
    static char pl[65536];
    static buf b;
    size_t n = trender(&tp, pl, sizeof pl, now_ns(), seq);
    if (o.pdi == D_RAW) {
        put_frame(&pubc, 1, pl, n);
        return;
    }
    if (o.pdi == D_HTTP) {
        bput(&lines, pl, n);
        bput(&lines, "\n", 1);
        return;
    }
    b.len = b.off = 0;
    if (o.pdi == D_MQTT)
        mq_publish(&b, o.ptopic, strlen(o.ptopic), o.pqos, false, (uint16_t)(seq % 65535 + 1), pl, n);
    else {
        char h[600];
        int k = snprintf(h, sizeof h, "PUB %s %zu\r\n", o.ptopic, n);
        bput(&b, h, (size_t)k);
        bput(&b, pl, n);
        bput(&b, "\r\n", 2);
    }
    put_frame(&pubc, 2, b.p, b.len);
}

// What is due goes in one chunk, so that the server can commit it together.
static void pub_chunk(void) {
    if (!lines.len) return;
    char h[24];
    int k = snprintf(h, sizeof h, "%x\r\n", lines.len);
    bput(&pubc.out, h, (size_t)k);
    bput(&pubc.out, lines.p, lines.len);
    bput(&pubc.out, "\r\n", 2);
    lines.len = lines.off = 0;
}

static uint64_t active(void) {
    return (uint64_t)(nready - napart > 0 ? nready - napart : 0);
}

// Publishes what rate and window allow; returns ns until the next due message (or a long time).
static uint64_t pub_pump(bool may) {
    if (pubc.state != C_READY) return 1000000000ull;
    uint64_t due = 1000000000ull, now = mono_ns();
    bool any = false;
    while (may && (!o.pcount || published < o.pcount)) {
        if (o.prate > 0) {
            uint64_t at = t_pub0 + (uint64_t)((double)published / o.prate * 1e9);
            if (at > now) {
                due = at - now;
                break;
            }
            double lag = (double)(now - at) / 1e3;
            if (lag > max_lag) max_lag = lag;
        }
        if (o.pwin && active() && (published - pub_lost) * active() >= messages + (uint64_t)o.pwin * active()) break;
        if (pubc.out.len - pubc.out.off + lines.len > 65536) break;
        pub_one(published++);
        any = true;
        if ((published & 15) == 0) now = mono_ns();
    }
    if (any) {
        t_pub1 = mono_ns();
        pub_chunk();
        if (!pubc.want_out) flush_out(&pubc);
    }
    return due;
}

// ---------------------------------------------------------------- watched processes
typedef struct {
    double cpu;
    long rss, anon;
} pstat;

static pstat watch(int pid) {
    pstat s = {0};
    char f[64], t[2048];
    snprintf(f, sizeof f, "/proc/%d/stat", pid);
    FILE *h = fopen(f, "r");
    if (!h) return s;
    if (fgets(t, sizeof t, h)) {
        char *p = strrchr(t, ')');
        unsigned long u = 0, k = 0;
        if (p) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k);
        s.cpu = (double)(u + k) / (double)sysconf(_SC_CLK_TCK);
    }
    fclose(h);
    snprintf(f, sizeof f, "/proc/%d/status", pid);
    h = fopen(f, "r");
    if (!h) return s;
    while (fgets(t, sizeof t, h)) {
        sscanf(t, "VmRSS: %ld", &s.rss);
        sscanf(t, "RssAnon: %ld", &s.anon);
    }
    fclose(h);
    return s;
}

static double host_busy(
    void) { // CPU seconds of all processes, with those of their reaped children (the tick counters of /proc/stat are too coarse)
    DIR *d = opendir("/proc");
    double s = 0;
    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d));) {
        char f[300], t[2048];
        if (*e->d_name < '1' || *e->d_name > '9') continue;
        snprintf(f, sizeof f, "/proc/%s/stat", e->d_name);
        FILE *h = fopen(f, "r");
        if (!h) continue;
        unsigned long u = 0, k = 0;
        long cu = 0, ck = 0;
        if (fgets(t, sizeof t, h)) {
            char *p = strrchr(t, ')');
            if (p) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &u, &k, &cu, &ck);
        }
        fclose(h);
        s += (double)(u + k) + (double)(cu + ck);
    }
    closedir(d);
    return s / (double)sysconf(_SC_CLK_TCK);
}

static void usage(void) {
    fputs("usage: wsload [options] URL        URL: ws://127.0.0.1:PORT/path\n"
          "  -n N              connections (1)             --concurrency K   connects in flight (64)\n"
          "  -D DIALECT        raw|mqtt|nats, inside the WebSocket          -s NAME  Sec-WebSocket-Protocol\n"
          "  -H 'Name: value'  extra header                -i TEXT           first message (repeatable)\n"
          "                    (%d is the connection's number, %r that modulo --rooms; also in the path, the topic and -i)\n"
          "  -w TEXT           a connection is ready when a message contains TEXT\n"
          "  -T TOPIC          topic filter or subject     -q QOS            of an MQTT subscription\n"
          "  -d SEC            receive so long (10; 0: until SIGTERM)       -I SEC   stop after SEC without messages\n"
          "  -X N              stop when every connection got N messages, on average\n"
          "  --settle SEC      pause when all are ready (0.3)               --ready-file F  created then\n"
          "  -k KEY -S KEY     members with the time of sending and with the number (ts, seq)\n"
          "  --clock mono|real --rooms M --src 127.0.0.2:COUNT --stall K (so many stop reading) --rcvbuf BYTES -v\n"
          "  --pub URL         publisher: mqtt://host:port/topic  nats://host:port/subject  ws://host:port/path\n"
          "                    http://host:port/path (NDJSON)\n"
          "  --pub-rate R --pub-count N --pub-window W (32; 0: none) --pub-size B (200) --pub-qos Q --pub-template T "
          "--pub-header H\n"
          "  --watch-pid PID[,PID]  report CPU and RSS of these processes\n",
          stderr);
    exit(2);
}

int main(int ac, char **av) {
    enum {
        O_CONC = 256,
        O_SETTLE,
        O_CLOCK,
        O_ROOMS,
        O_SRC,
        O_STALL,
        O_RCVBUF,
        O_PUB,
        O_PR,
        O_PC,
        O_PW,
        O_PS,
        O_PQ,
        O_PT,
        O_PH,
        O_WATCH,
        O_RF
    };
    static const struct option lo[] = {{"concurrency", 1, 0, O_CONC}, {"settle", 1, 0, O_SETTLE},   {"clock", 1, 0, O_CLOCK},
                                       {"rooms", 1, 0, O_ROOMS},      {"src", 1, 0, O_SRC},         {"stall", 1, 0, O_STALL},
                                       {"rcvbuf", 1, 0, O_RCVBUF},    {"pub", 1, 0, O_PUB},         {"pub-rate", 1, 0, O_PR},
                                       {"pub-count", 1, 0, O_PC},     {"pub-window", 1, 0, O_PW},   {"pub-size", 1, 0, O_PS},
                                       {"pub-qos", 1, 0, O_PQ},       {"pub-template", 1, 0, O_PT}, {"pub-header", 1, 0, O_PH},
                                       {"watch-pid", 1, 0, O_WATCH},  {"ready-file", 1, 0, O_RF},   {0}};
    const char *dial = NULL;
    o.ptpl = DEFAULT_TEMPLATE;
    for (int c; (c = getopt_long(ac, av, "n:D:s:H:i:w:T:q:d:I:X:k:S:v", lo, NULL)) != -1;)
        switch (c) {
        case 'n':
            o.n = atoi(optarg);
            break;
        case 'D':
            dial = optarg;
            break;
        case 's':
            o.subp = optarg;
            break;
        case 'H':
            if (o.nhdr < 32) o.hdr[o.nhdr++] = optarg;
            break;
        case 'i':
            if (o.ninit < 16) o.init[o.ninit++] = optarg;
            break;
        case 'w':
            o.ready = optarg;
            break;
        case 'T':
            o.topic = optarg;
            break;
        case 'q':
            o.qos = atoi(optarg);
            break;
        case 'd':
            o.dur = atof(optarg);
            break;
        case 'I':
            o.idle = atof(optarg);
            break;
        case 'X':
            o.expect = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            o.kts = optarg;
            break;
        case 'S':
            o.kseq = optarg;
            break;
        case O_CONC:
            o.concur = atoi(optarg);
            break;
        case O_SETTLE:
            o.settle = atof(optarg);
            break;
        case O_CLOCK:
            g_clock = !strcmp(optarg, "real") ? CLOCK_REALTIME : CLOCK_MONOTONIC;
            break;
        case O_ROOMS:
            o.rooms = (unsigned)atoi(optarg);
            break;
        case O_SRC: {
            char *q = strchr(optarg, ':');
            struct in_addr a;
            if (q) *q = 0;
            if (inet_pton(AF_INET, optarg, &a) != 1) usage();
            o.src0 = ntohl(a.s_addr);
            o.nsrc = q ? atoi(q + 1) : 1;
            break;
        }
        case O_STALL:
            o.stall = atoi(optarg);
            break;
        case O_RCVBUF:
            o.rcvbuf = atoi(optarg);
            break;
        case O_PUB:
            o.pub = true;
            parse_url(optarg, &o.pu);
            break;
        case O_PR:
            o.prate = atof(optarg);
            break;
        case O_PC:
            o.pcount = strtoull(optarg, NULL, 10);
            break;
        case O_PW:
            o.pwin = atoi(optarg);
            break;
        case O_PS:
            o.psize = (size_t)atoi(optarg);
            break;
        case O_PQ:
            o.pqos = atoi(optarg);
            break;
        case O_PT:
            o.ptpl = optarg;
            break;
        case O_PH:
            if (o.nphdr < 8) o.phdr[o.nphdr++] = optarg;
            break;
        case O_WATCH:
            for (char *t = strtok(optarg, ","); t && o.nwpid < 8; t = strtok(NULL, ","))
                o.wpid[o.nwpid++] = atoi(t);
            break;
        case O_RF:
            o.ready_file = optarg;
            break;
        case 'v':
            o.verbose = 1;
            break;
        default:
            usage();
        }
    if (optind != ac - 1) usage();
    parse_url(av[optind], &o.u);
    o.tr = !strcmp(o.u.scheme, "ws") ? T_WS : T_TCP;
    if (!dial) dial = !strcmp(o.u.scheme, "mqtt") ? "mqtt" : !strcmp(o.u.scheme, "nats") ? "nats" : "raw";
    o.di = !strcmp(dial, "raw") ? D_RAW : !strcmp(dial, "mqtt") ? D_MQTT : !strcmp(dial, "nats") ? D_NATS : -1;
    if (o.di < 0) usage();
    if (o.tr == T_TCP && o.di != D_MQTT && o.di != D_NATS) DIE("mqtt:// or nats:// without a dialect");
    if (o.di == D_MQTT && o.tr == T_WS && !o.subp) o.subp = "mqtt";
    if (!o.topic) o.topic = o.tr == T_TCP ? o.u.path + 1 : NULL;
    if ((o.di == D_MQTT || o.di == D_NATS) && (!o.topic || !*o.topic)) DIE("a topic (-T) is needed");
    if (o.pub) {
        o.ptr_ = !strcmp(o.pu.scheme, "ws") ? T_WS : T_TCP;
        o.pdi = !strcmp(o.pu.scheme, "mqtt")   ? D_MQTT
                : !strcmp(o.pu.scheme, "nats") ? D_NATS
                : !strcmp(o.pu.scheme, "http") ? D_HTTP
                                               : D_RAW;
        o.ptopic = o.pu.path + 1;
        tcompile(&tp, o.ptpl, o.psize);
    }
    if (o.pwin < 0) o.pwin = o.prate > 0 ? 0 : 32;
    nts = (size_t)snprintf(kts, sizeof kts, "\"%s\":", o.kts);
    if (*o.kseq) {
        nseq = (size_t)snprintf(kseq, sizeof kseq, "\"%s\":", o.kseq);
        sq = calloc((size_t)o.n, sizeof *sq);
        if (!sq) DIE("out of memory");
    }
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    if ((rlim_t)o.n + 32 > rl.rlim_max)
        DIE("ulimit -n is %llu: too low for %d connections", (unsigned long long)rl.rlim_max, o.n);
    if (o.stall > o.n) o.stall = o.n;
    napart = o.stall;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_sig);
    signal(SIGTERM, on_sig);
    g_rng ^= mono_ns() * 2654435761u;
    rnd();
    ep = epoll_create1(EPOLL_CLOEXEC);
    cs = calloc((size_t)o.n, sizeof *cs);
    rb = malloc(rbcap);
    if (!cs || !rb) DIE("out of memory");
    pstat w0[8], w1[8], w2[8], w3[8], wr[8];
    for (int i = 0; i < o.nwpid; i++)
        w0[i] = watch(o.wpid[i]);

    // 1. connect
    t_begin = mono_ns();
    uint64_t deadline = t_begin + 120000000000ull;
    while (!g_stop && (nextc < o.n || ninflight > 0) && mono_ns() < deadline) {
        while (nextc < o.n && ninflight < o.concur) {
            start_conn(&cs[nextc], nextc, false);
            nextc++;
        }
        poll_once(50000000);
        if (nfail > 100 && nready == 0) break;
    }
    for (int i = 0; i < o.n; i++)
        if (cs[i].state == C_CONNECTING || cs[i].state == C_HTTP || cs[i].state == C_INIT) kill_conn(&cs[i], "not ready in time");
    double ct = (double)((t_ready ? t_ready : mono_ns()) - t_begin) / 1e9;
    int ready0 = nready;
    if (!nready) {
        fprintf(stderr, "wsload: no connection became ready: %s\n", first_err);
    }
    for (int i = 0; i < o.nwpid; i++)
        wr[i] = watch(o.wpid[i]);
    // 2. publisher, settle
    if (o.pub && nready) {
        start_conn(&pubc, 0, true);
        uint64_t t = mono_ns();
        while (pubc.state != C_READY && pubc.state != C_DEAD && mono_ns() - t < 10000000000ull)
            poll_once(10000000);
        if (pubc.state != C_READY) DIE("wsload: the publisher could not connect: %s", first_err);
    }
    for (uint64_t t = mono_ns(); !g_stop && (double)(mono_ns() - t) < o.settle * 1e9;)
        poll_once(10000000);
    if (nready) touch(o.ready_file);
    if (o.verbose) fprintf(stderr, "wsload: %d ready in %.3f s, %d failed\n", nready, ct, nfail);
    for (int i = 0; i < o.nwpid; i++)
        w1[i] = watch(o.wpid[i]);
    // 3. receive; what came during set-up is not measured
    uint64_t early = messages;
    messages = frames = bytes = lat_neg = 0;
    t_first = t_last = 0;
    memset(&hl, 0, sizeof hl);
    for (int i = 0; i < o.n; i++)
        cs[i].msgs = 0;
    struct rusage r0, r1, r2;
    getrusage(RUSAGE_SELF, &r0);
    double hb = host_busy();
    uint64_t t0 = mono_ns(), end = o.dur > 0 ? t0 + (uint64_t)(o.dur * 1e9) : UINT64_MAX;
    t_pub0 = t0;
    t_pub1 = t0;
    uint64_t last_m = messages, last_t = t0;
    bool draining = false;
    while (!g_stop && nready) {
        uint64_t now = mono_ns(), wait = 100000000ull;
        if (messages != last_m) {
            last_m = messages;
            last_t = now;
        }
        if (o.pub) {
            if (now >= end || (o.pcount && published >= o.pcount)) draining = true;
            uint64_t due = pub_pump(!draining);
            if (due < wait) wait = due;
            uint64_t want = (published - pub_lost) * active();
            if (draining && (messages >= want || now - last_t > 2000000000ull)) break;
            if (!draining && o.prate == 0 && o.pwin && published &&
                now - last_t > 1000000000ull) { // window full and nothing comes: count as lost, go on
                uint64_t a = active();
                pub_stalls++;
                pub_lost = a ? published - messages / a : 0;
                last_t = now;
            }
        } else {
            if (now >= end) break;
            if (o.expect && messages >= o.expect * active()) break;
            if (o.idle > 0 && messages && (double)(now - last_t) > o.idle * 1e9) break;
        }
        if (end > now && end - now < wait) wait = end - now;
        poll_once(wait);
    }
    getrusage(RUSAGE_SELF, &r1);
    uint64_t t_end = mono_ns();
    hb = host_busy() - hb;
    for (int i = 0; i < o.nwpid; i++)
        w2[i] = watch(o.wpid[i]);
    // 4. anything late (duplicates, double deliveries) shows up here
    for (uint64_t t = mono_ns(); (double)(mono_ns() - t) < (messages && (o.pub || o.expect || o.idle > 0) ? 0.3e9 : 0);)
        poll_once(10000000);
    getrusage(RUSAGE_SELF, &r2);
    for (int i = 0; i < o.nwpid; i++)
        w3[i] = watch(o.wpid[i]);
    // 5. report
    uint64_t missing = 0, mn = UINT64_MAX, mx = 0, got0 = 0;
    for (int i = 0; i < o.n; i++) {
        if (i >= o.stall) {
            if (cs[i].msgs < mn) mn = cs[i].msgs;
            if (cs[i].msgs > mx) mx = cs[i].msgs;
            if (!cs[i].msgs) got0++;
        }
        if (sq && sq[i].any) missing += sq[i].last - sq[i].first + 1 - sq[i].uniq;
    }
    double span = t_last > t_first ? (double)(t_last - t_first) / 1e9 : 0, wall = (double)(t_end - t0) / 1e9;
    double cpu = tv(r1.ru_utime) - tv(r0.ru_utime) + tv(r1.ru_stime) - tv(r0.ru_stime);
    printf("{");
    printf("\"connections\":%d,\"ready\":%d,\"failed\":%d,\"closed_early\":%d,\"connect_time_s\":%.3f,", o.n, ready0, nfail,
           nclosed, ct);
    hprint("setup_us", &hh);
    printf(",\"messages\":%llu,\"msgs_per_s\":%.0f,\"span_s\":%.3f,\"frames\":%llu,\"bytes\":%llu,\"per_conn_min\":%llu,\"per_"
           "conn_max\":%llu,\"conns_without_messages\":%llu,\"messages_during_setup\":%llu,",
           (unsigned long long)messages, span > 0 ? (double)messages / span : 0.0, span, (unsigned long long)frames,
           (unsigned long long)bytes, (unsigned long long)(mn == UINT64_MAX ? 0 : mn), (unsigned long long)mx,
           (unsigned long long)got0, (unsigned long long)early);
    hprint("latency_us", &hl);
    printf(",\"lat_negative\":%llu,\"unparsed\":%llu,\"pings\":%llu,\"protocol_errors\":%llu,\"close_code\":%d",
           (unsigned long long)lat_neg, (unsigned long long)unparsed, (unsigned long long)pings, (unsigned long long)bad_proto,
           close_code);
    if (sq)
        printf(",\"seq\":{\"missing\":%llu,\"reordered\":%llu,\"duplicates\":%llu,\"older_than_64\":%llu}",
               (unsigned long long)missing, (unsigned long long)reord_, (unsigned long long)dup_, (unsigned long long)old_);
    if (o.pub)
        printf(",\"pub\":{\"published\":%llu,\"elapsed_s\":%.3f,\"rate\":%.1f,\"expected_deliveries\":%llu,\"missing\":%lld,"
               "\"window\":%d,\"stalls\":%llu,\"max_lag_us\":%.1f,\"pubacks\":%llu}",
               (unsigned long long)published, (double)(t_pub1 - t_pub0) / 1e9,
               t_pub1 > t_pub0 ? (double)published / ((double)(t_pub1 - t_pub0) / 1e9) : 0.0,
               (unsigned long long)(published * (uint64_t)(ready0 - napart)),
               (long long)(published * (uint64_t)(ready0 - napart)) - (long long)messages, o.pwin, (unsigned long long)pub_stalls,
               max_lag, (unsigned long long)acks);
    printf(",\"loadgen\":{\"wall_s\":%.3f,\"cpu_s\":%.3f,\"cpu_pct\":%.1f,\"max_rss_kb\":%ld}", wall, cpu,
           wall > 0 ? cpu / wall * 100 : 0.0, r2.ru_maxrss);
    if (o.nwpid) {
        double tot = 0;
        printf(",\"server\":{\"procs\":[");
        for (int i = 0; i < o.nwpid; i++) {
            double d = w2[i].cpu - w1[i].cpu;
            tot += d;
            printf("%s{\"pid\":%d,\"cpu_s\":%.2f,\"connect_cpu_s\":%.2f,\"rss_before_kb\":%ld,\"rss_ready_kb\":%ld,\"rss_idle_"
                   "kb\":%ld,\"rss_end_kb\":%ld,\"anon_before_kb\":%ld,\"anon_end_kb\":%ld}",
                   i ? "," : "", o.wpid[i], d, wr[i].cpu - w0[i].cpu, w0[i].rss, wr[i].rss, w1[i].rss, w3[i].rss, w0[i].anon,
                   w3[i].anon);
        }
        printf("],\"cpu_s\":%.2f,\"cpu_pct\":%.1f,\"cpu_s_per_million\":%.3f,\"rss_kb_per_conn\":%.3f}", tot,
               wall > 0 ? tot / wall * 100 : 0.0, messages ? tot / ((double)messages / 1e6) : 0.0,
               ready0 ? ((double)(w1[0].rss - w0[0].rss)) / ready0 : 0.0);
    }
    double seen = cpu;
    for (int i = 0; i < o.nwpid; i++)
        seen += w2[i].cpu - w1[i].cpu; // what the machine did besides us and the watched processes
    printf(",\"host\":{\"busy_s\":%.2f,\"foreign_cpu_pct\":%.1f}", hb, wall > 0 ? (hb - seen) / wall * 100 : 0.0);
    printf(",\"first_error\":");
    json_str(first_err);
    printf("}\n");
    fflush(stdout);
    return nready || ready0 ? 0 : 1;
}
