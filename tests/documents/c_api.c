/* The program of docs/c-api.md. */
#include <c_api_1.inc>
