/* The function of docs/plugins.md, and a use of it. */
#include <plugins_2.inc>

extern int32_t (*const hwcost_plugin_of_the_document)(const void*, const hwcost_layers*, const hwcost_costs*,
                                                      hwcost_message*);
int32_t (*const hwcost_plugin_of_the_document)(const void*, const hwcost_layers*, const hwcost_costs*,
                                               hwcost_message*) = estimate_batch;
