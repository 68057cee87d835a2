// The program of README.md.
#include <readme_1.inc>
