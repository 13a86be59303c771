#ifndef TALLYWIRE_COPENSSL_H
#define TALLYWIRE_COPENSSL_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift does not see.

static inline int tallywire_tls_minimum_version(SSL_CTX *context, int version)
{
	return SSL_CTX_set_min_proto_version(context, version);
}

// A write that is tried again may come from another buffer.
static inline void tallywire_tls_allow_moving_buffers(SSL_CTX *context)
{
	SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline void tallywire_tls_set_owner(SSL_CTX *context, void *owner)
{
	SSL_CTX_set_app_data(context, owner);
}

static inline void *tallywire_tls_owner(const SSL *connection)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));
}

// The name in the handshake (SNI); NULL for none.
static inline int tallywire_tls_server_name(const SSL *connection, const char *name)
{
	return (int)SSL_set_tlsext_host_name((SSL *)connection, name);
}

#endif
