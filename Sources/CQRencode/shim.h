#ifndef TALLYWIRE_CQRENCODE_H
#define TALLYWIRE_CQRENCODE_H

#include <qrencode.h>

#endif
