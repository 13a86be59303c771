#ifndef TALLYWIRE_CNATS_H
#define TALLYWIRE_CNATS_H

#include <nats/nats.h>

#endif
