#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer as a library (compiler-rt/lib/fuzzer/FuzzerInterface.h): takes a program's arguments and calls back with each input.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
