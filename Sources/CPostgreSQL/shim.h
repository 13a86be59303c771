#ifndef TALLYWIRE_CPOSTGRESQL_H
#define TALLYWIRE_CPOSTGRESQL_H

#include <libpq-fe.h>

#endif
