// Compiles as it stands; with one of the macros it adds what has no sum, and must not compile.
#include "hwcost/quantity.hpp"

using hwcost::bytes;
using hwcost::cycles;
using hwcost::Seconds;

#if defined(DATA_PLUS_CYCLES)
auto sum = bytes(1.0) + cycles(1.0);
#elif defined(CYCLES_PLUS_SECONDS)
auto sum = cycles(1.0) + Seconds<>{1.0};
#elif defined(DATA_PLUS_NUMBER)
auto sum = bytes(1.0) + 1.0;
#else
auto data = bytes(1.0) + hwcost::bits(1.0);
auto time = cycles(1.0) + bytes(8.0) / hwcost::bytes_per_cycle(2.0);
#endif
