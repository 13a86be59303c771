#ifndef TALLYWIRE_CMOSQUITTO_H
#define TALLYWIRE_CMOSQUITTO_H

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <sys/eventfd.h>

// Swift sees the macros of mosquitto.h but not those with casts, and an enumeration of C as a type of its own. These give both
// as plain integers.

static inline int tallywire_mosquitto_option(struct mosquitto *client, int option, int value)
{
	return mosquitto_int_option(client, (enum mosq_opt_t)option, value);
}

// What `getaddrinfo` had to say: libmosquitto leaves its answer in `errno` with MOSQ_ERR_EAI.
static inline const char *tallywire_resolver_error(int code)
{
	return gai_strerror(code);
}

// The flags of eventfd(2) are no plain integers in every C library.
static inline int tallywire_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

#endif
