/* The interface of a plugin: a shared object with one cost model, in C11 or C++ (which plugin_author.hpp makes
   shorter). It exports hwcost_plugin_entry() and nothing else that hwcost looks at. docs/plugins.md is the guide.

   A plugin is code. It runs with all rights of the program that loads it; hwcost loads one only where its file is
   named.

   Every number is in base units: bit, cycle, second, joule. No exception, allocator or type of C++ crosses: whatever
   one side makes it also frees, and pointers given to a function are borrowed until it returns. Structs only ever grow
   at their end; struct_size says how much of one is there, so an older plugin goes on working. */
#pragma once

#include "hwcost/columns.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the functions below. A plugin with another one is refused. */
#define HWCOST_PLUGIN_ABI 1u

/* Where a description gives no value for an optional parameter, `create` gets NaN. */
typedef struct hwcost_parameter {
  const char* name; /* "dram.bandwidth": letters, digits, '.', '_' and '-' */
  const char* unit; /* "byte/cycle", the unit of the bounds; descriptions may use any of that dimension; "": a count */
  double low, high; /* inclusive */
  int32_t required;
} hwcost_parameter;

/* What a model, bound to a description, is. hwcost fills in these defaults before it calls `create`. */
typedef struct hwcost_traits {
  size_t struct_size;
  uint32_t metrics;              /* 0: a sum of 1u << hwcost_metric_... of what the model defines; not empty */
  int32_t integers_only;         /* 0: 1 where floating-point layers are not for this machine */
  int32_t widths_add_up;         /* 1: a layer of mixed weights is the sum of its channels of each width; 0: it is a
                                    layer of their mean width */
  int32_t skips_free_work;       /* 0: 1 where views and what an earlier layer absorbs costs nothing */
  int32_t monotone;              /* 1: the cost never falls as an extent grows */
  double clock_hertz;            /* 0: cycles have no seconds */
  double out_channel_step;       /* 1: granularity in output channels, for gradients */
  double depthwise_channel_step; /* 1 */
  double in_channel_step;        /* 1 */
} hwcost_traits;

/* What becomes of a row. `unsupported`: the machine runs the operator, not with these extents or widths.
   `unmodelled`: it has no model of the operator, and the description decides. */
enum hwcost_status { hwcost_priced = 0, hwcost_approximated = 1, hwcost_unsupported = 2, hwcost_unmodelled = 3 };

/* Answers, one a row. All parts are 0 and all statuses `priced` before the call; a part that the model does not define
   stays so. Parts are finite and not negative. The parts of unsupported and unmodelled rows are dropped. */
typedef struct hwcost_costs {
  size_t struct_size;
  double* const* parts; /* a column for each of enum hwcost_part */
  size_t part_count;
  uint8_t* status; /* enum hwcost_status */
} hwcost_costs;

/* Derivatives of the parts of one row: partials[column * part_count + part], columns as in the row: first its extents,
   then its widths. All are 0 before the call. */
typedef struct hwcost_derivatives {
  size_t struct_size;
  double* partials;
  size_t column_count;
  size_t part_count;
} hwcost_derivatives;

/* All functions but create and destroy may be called from any thread, on one model from many at once. */
typedef struct hwcost_plugin {
  uint32_t abi;       /* HWCOST_PLUGIN_ABI */
  uint32_t layout;    /* HWCOST_LAYOUT: a hwcost with an older one refuses the plugin */
  size_t struct_size; /* sizeof(hwcost_plugin) */
  const char* name;   /* matches `backend` in descriptions: letters, digits, '.', '_' and '-' */
  const char* summary;

  /* What descriptions may and must say, `parameter_count` structs that are `parameter_size` apart. */
  const hwcost_parameter* parameters;
  size_t parameter_count;
  size_t parameter_size; /* sizeof(hwcost_parameter) */

  /* A model with these values, in the order of the parameters; NULL, and a sentence, where they cannot go together. */
  void* (*create)(const double* values, hwcost_traits* traits, hwcost_message* why_not);
  void (*destroy)(void* model);

  /* Prices all rows: the same bits for a layer wherever it stands and whatever else is asked. hwcost asks about layers
     whose work is finite and not negative, of operators that are known, and not about pruned layers (0 bit); layers
     without outputs cost nothing whatever is answered. 0: done; else no row has a price, for the reason given. */
  int32_t (*estimate_batch)(const void* model, const hwcost_layers* layers, const hwcost_costs* costs,
                            hwcost_message* why_not);

  /* Why estimate_batch gives this row the status that it has, if that is approximated or unsupported: one sentence that
     names the field, "kernel_height 11 exceeds max_kernel 7". */
  void (*explain)(const void* model, const hwcost_layers* layers, size_t row, hwcost_message* why);

  /* Derivatives of one priced row in which steps (ceil, floor, modulo) pass on those of their numerator. 0: done; else
     there are none, for the reason given. NULL: this model has no such derivatives. */
  int32_t (*gradient)(const void* model, const hwcost_layers* layer, const hwcost_derivatives* derivatives,
                      hwcost_message* why_not);
} hwcost_plugin;

/* The cost of a row, all parts at once. */
#define HWCOST_WRITE_PART(list, name) costs->parts[hwcost_part_##name][row] = cost->name;
static inline void hwcost_put(const hwcost_costs* costs, size_t row, const struct hwcost_cost* cost) {
  HWCOST_COST_PARTS(HWCOST_WRITE_PART, cost)
}
#undef HWCOST_WRITE_PART

#if defined(_WIN32)
#define HWCOST_PLUGIN_EXPORT __declspec(dllexport)
#else
#define HWCOST_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* What the plugin defines. The struct and all that it points to stay as they are while the plugin is loaded; NULL where
   the plugin cannot be used. */
HWCOST_PLUGIN_EXPORT const hwcost_plugin* hwcost_plugin_entry(void);

#ifdef __cplusplus
}
#endif
