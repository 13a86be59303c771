#ifndef TALLYWIRE_CZSTD_H
#define TALLYWIRE_CZSTD_H

#include <zstd.h>

#endif
