// wsfloor - the least a server can do: every text frame that arrives on /pub goes to every client on /ws.
// All frames of one read are sent with one send() per client. No rooms, no JSON, no MQTT, no durability.
// It shows what the kernel and the load generator allow on this machine: a floor for costs, not a product.
//   wsfloor PORT [blast]      blast: no publisher, sends stamped messages as fast as clients read
#include "common.h"

typedef struct {
    int fd, kind, at;
    bool want;
    buf in, out;
} cl; // kind 0 = HTTP, 1 = subscriber, 2 = publisher

static int ep, nsub, cap;
static cl **sub;

static void drop(cl *c) {
    if (c->kind == 1) {
        sub[c->at] = sub[--nsub];
        sub[c->at]->at = c->at;
    }
    close(c->fd);
    c->fd = -1;
    bfree(&c->in);
    bfree(&c->out);
}

static void want(cl *c, bool w) {
    if (c->want == w) return;
    c->want = w;
    struct epoll_event e = {.events = EPOLLIN | (w ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}

static void out(cl *c, const void *d, size_t n) { // false only through drop
    if (c->out.len == c->out.off) {
        ssize_t k = send(c->fd, d, n, MSG_NOSIGNAL);
        if (k < 0) {
            if (errno != EAGAIN) {
                shutdown(c->fd, SHUT_RDWR);
                return;
            }
            k = 0;
        }
        if ((size_t)k == n) return;
        d = (const char *)d + k;
        n -= (size_t)k;
    }
    if (c->out.len - c->out.off > 256u << 20) {
        shutdown(c->fd, SHUT_RDWR);
        return;
    }
    bput(&c->out, d, n);
    want(c, true);
}

static void frame(buf *b, const void *d, size_t n) {
    uint8_t h[10] = {0x81};
    size_t k = 2;
    if (n < 126)
        h[1] = (uint8_t)n;
    else if (n < 65536) {
        h[1] = 126;
        h[2] = (uint8_t)(n >> 8);
        h[3] = (uint8_t)n;
        k = 4;
    } else {
        h[1] = 127;
        for (int i = 0; i < 8; i++)
            h[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
        k = 10;
    }
    bput(b, h, k);
    bput(b, d, n);
}

static void on_in(cl *c) {
    static uint8_t rb[262144];
    ssize_t k = recv(c->fd, rb, sizeof rb, 0);
    if (k <= 0) {
        if (k == 0 || errno != EAGAIN) drop(c);
        return;
    }
    bput(&c->in, rb, (size_t)k);
    size_t i = 0;
    if (c->kind == 0) {
        uint8_t *e = memmem(c->in.p, c->in.len, "\r\n\r\n", 4);
        if (!e) return;
        *e = 0;
        char *key = strcasestr((char *)c->in.p, "\r\nsec-websocket-key:");
        if (!key) {
            drop(c);
            return;
        }
        key += 20;
        while (*key == ' ')
            key++;
        char t[300], a[32];
        uint8_t s[20];
        int n = snprintf(t, sizeof t, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
        sha1((uint8_t *)t, (size_t)n, s);
        b64(s, 20, a);
        n = snprintf(
            t, sizeof t,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            a);
        out(c, t, (size_t)n);
        c->kind = memcmp(c->in.p, "GET /pub", 8) ? 1 : 2;
        i = (size_t)(e - c->in.p) + 4;
        if (c->kind == 1) {
            if (nsub == cap) sub = realloc(sub, sizeof *sub * (size_t)(cap = cap ? cap * 2 : 1024));
            c->at = nsub;
            sub[nsub++] = c;
        }
    }
    static buf b;
    b.len = b.off = 0;
    bool closed = false;
    while (c->in.len - i >= 6) {
        uint8_t *d = c->in.p + i;
        uint64_t l = d[1] & 127;
        size_t h = 2;
        if (l == 126) {
            if (c->in.len - i < 8) break;
            l = (uint64_t)d[2] << 8 | d[3];
            h = 4;
        } else if (l == 127) {
            closed = true;
            break;
        }
        if (c->in.len - i < h + 4 + l) break;
        uint8_t *m = d + h, *p = m + 4;
        for (uint64_t q = 0; q < l; q++)
            p[q] ^= m[q & 3];
        if ((d[0] & 15) == 8) {
            closed = true;
            break;
        }
        if ((d[0] & 15) == 1 && c->kind == 2) frame(&b, p, l);
        i += h + 4 + l;
    }
    if (b.len)
        for (int q = 0; q < nsub; q++)
            out(sub[q], b.p, b.len);
    if (closed) {
        drop(c);
        return;
    }
    if (i < c->in.len) {
        if (i) {
            memmove(c->in.p, c->in.p + i, c->in.len - i);
            c->in.len -= (uint32_t)i;
        }
    } else if (c->kind == 1)
        bfree(&c->in);
    else
        c->in.len = 0;
}

int main(int ac, char **av) {
    int port = ac > 1 ? atoi(av[1]) : 23004, one = 1;
    bool blast = ac > 2;
    signal(SIGPIPE, SIG_IGN);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    int ls = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) DIE("port %d: %s", port, strerror(errno));
    ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN};
    epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
    uint64_t seq = 0;
    tmpl tp;
    tcompile(&tp, DEFAULT_TEMPLATE, 200);
    for (;;) {
        struct epoll_event ev[256];
        int k = epoll_wait(ep, ev, 256, blast && nsub ? 0 : 1000);
        for (int i = 0; i < k; i++) {
            cl *c = ev[i].data.ptr;
            if (!c) {
                int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (fd < 0) continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                c = calloc(1, sizeof *c);
                c->fd = fd;
                e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
                continue;
            }
            if (c->fd < 0) continue;
            if (ev[i].events & EPOLLOUT) {
                ssize_t n = send(c->fd, c->out.p + c->out.off, c->out.len - c->out.off, MSG_NOSIGNAL);
                if (n > 0) {
                    c->out.off += (uint32_t)n;
                    if (c->out.off == c->out.len) {
                        bfree(&c->out);
                        want(c, false);
                    }
                } else if (n < 0 && errno != EAGAIN) {
                    drop(c);
                    continue;
                }
            }
            if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_in(c);
        }
        if (blast && nsub) {
            static buf b;
            b.len = b.off = 0;
            char pl[512];
            bool room = true;
            for (int q = 0; q < nsub; q++)
                if (sub[q]->out.len) room = false;
            if (!room) {
                usleep(100);
                continue;
            }
            for (int m = 0; m < 16; m++) {
                size_t n = trender(&tp, pl, sizeof pl, mono_ns(), seq);
                seq++;
                frame(&b, pl, n);
            }
            for (int q = 0; q < nsub; q++)
                out(sub[q], b.p, b.len);
        }
    }
}
