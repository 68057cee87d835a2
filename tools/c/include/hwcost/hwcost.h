/* Prices of layers and networks for callers that are neither C++ nor Python (C11). Link hwcost::c, or pkg-config
   hwcost-c. docs/c-api.md shows a program.

   Any function may be called from any thread, on one handle from many at once; only hwcost_free_...() must be the last
   use of its handle. What can fail takes a hwcost_message (columns.h) for the reason, one line that names file and line
   where there are some; NULL where the caller does not want it. Nothing is printed, and the environment is not read. */
#pragma once

#include "hwcost/columns.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define HWCOST_C_EXPORT
#else
#define HWCOST_C_EXPORT __attribute__((visibility("default")))
#endif

/* The version of this interface. Structs only ever grow at their end; struct_size says which one a caller knows. */
#define HWCOST_C_API 1u
HWCOST_C_EXPORT uint32_t hwcost_c_api(void);      /* of the library */
HWCOST_C_EXPORT const char* hwcost_version(void); /* of hwcost: "0.1.0" */

/* ---- Machines: a hardware description with the backend that it names ---- */

typedef struct hwcost_machine hwcost_machine;

/* Where descriptions and plugins are looked for; each list may be empty. */
typedef struct hwcost_search {
  size_t struct_size;                     /* sizeof(hwcost_search) */
  const char* const* description_folders; /* looked in before the installed descriptions */
  size_t description_folder_count;
  const char* const* plugins; /* files, or names in plugin_folders: code, which is loaded and runs in this program */
  size_t plugin_count;
  const char* const* plugin_folders;
  size_t plugin_folder_count;
} hwcost_search;

/* A machine by the name of its description ("mpic") or the path of its file; search may be NULL. NULL: an error. */
HWCOST_C_EXPORT hwcost_machine* hwcost_load_machine(const char* name_or_path, const hwcost_search* search,
                                                    hwcost_message* error);
HWCOST_C_EXPORT void hwcost_free_machine(hwcost_machine* machine); /* NULL: nothing */

HWCOST_C_EXPORT const char* hwcost_machine_name(const hwcost_machine* machine);
HWCOST_C_EXPORT int32_t hwcost_machine_defines(const hwcost_machine* machine, enum hwcost_metric metric); /* 0 or 1 */
HWCOST_C_EXPORT double hwcost_machine_clock_hertz(const hwcost_machine* machine); /* 0: cycles have no seconds */

/* ---- Batches: many candidates of one operator ---- */

/* What columns an operator has: those of HWCOST_EXTENTS_... of its family, here by name. 0 and NULL: there is none. */
HWCOST_C_EXPORT size_t hwcost_extent_count(const char* op);
HWCOST_C_EXPORT const char* hwcost_extent_name(const char* op, size_t column);

enum hwcost_price_status {
  hwcost_price_ok = 0,
  hwcost_price_approximated = 1,
  hwcost_price_unsupported = 2 /* no figure: NaN */
};

/* Output columns, `rows` numbers each; NULL: not wanted. They overlap no input column. A metric that the machine does
   not define (hwcost_machine_defines) is NaN in every row, whatever its status. */
typedef struct hwcost_prices {
  size_t struct_size; /* sizeof(hwcost_prices) */
  double* latency_cycles;
  double* latency_seconds;
  double* energy_joules;
  double* traffic_bytes;
  double* convention_ops;
  double* cost;
  uint8_t* status; /* enum hwcost_price_status */
} hwcost_prices;

/* Prices all rows by at most `threads` threads (0: as many as there are processors), with the same bits whatever the
   number. Widths are of integers. The machine's own prices: what it falls back to is for networks. 0: done; else
   nothing is promised of the output. */
HWCOST_C_EXPORT int32_t hwcost_price_batch(const hwcost_machine* machine, const hwcost_layers* layers,
                                           const hwcost_prices* prices, size_t threads, hwcost_message* error);

/* What becomes of one row: its enum hwcost_price_status, and why it is refused or approximated (else "").
   Negative: an error. */
HWCOST_C_EXPORT int32_t hwcost_explain(const hwcost_machine* machine, const hwcost_layers* layers, size_t row,
                                       hwcost_message* why);

/* ---- Networks: a model file, priced layer by layer ---- */

typedef struct hwcost_report hwcost_report;

/* Reads .onnx, a layer table .csv or the neutral IR .json, and prices it. NULL: an error. */
HWCOST_C_EXPORT hwcost_report* hwcost_price_model(const hwcost_machine* machine, const char* model_file,
                                                  hwcost_message* error);
HWCOST_C_EXPORT void hwcost_free_report(hwcost_report* report); /* NULL: nothing */

/* Of the whole network: a metric's total, NaN where it has none; layers without a price; work of all layers. */
HWCOST_C_EXPORT double hwcost_report_metric(const hwcost_report* report, enum hwcost_metric metric);
HWCOST_C_EXPORT size_t hwcost_report_unsupported(const hwcost_report* report);
HWCOST_C_EXPORT double hwcost_report_macs(const hwcost_report* report);
HWCOST_C_EXPORT double hwcost_report_parameters(const hwcost_report* report);

/* Of the layers in execution order. Texts live as long as the report. */
HWCOST_C_EXPORT size_t hwcost_report_layer_count(const hwcost_report* report);
typedef struct hwcost_layer_report {
  size_t struct_size; /* sizeof(hwcost_layer_report), set by the caller */
  const char* name;
  const char* op;
  const char* reason; /* why it is refused, approximated or free; "" for a plain price */
  int32_t status;     /* enum hwcost_price_status */
  double macs;
  double parameters;
} hwcost_layer_report;
/* 0: done; else there is no such layer, and `layer` is as it was. */
HWCOST_C_EXPORT int32_t hwcost_report_layer(const hwcost_report* report, size_t index, hwcost_layer_report* layer);
HWCOST_C_EXPORT double hwcost_report_layer_metric(const hwcost_report* report, size_t index, enum hwcost_metric metric);

/* ---- Price tables: what every layer of a network costs at every choice of widths, for searches ---- */

typedef struct hwcost_price_table hwcost_price_table;

/* Integer widths that a layer may have, in bits. output_bits NaN: as the network has them. */
typedef struct hwcost_width_choice {
  double weight_bits, input_bits, output_bits;
} hwcost_width_choice;

/* Prices the layers with weights of a model file (as hwcost_price_model reads it) at each of the choices, by at most
   `threads` threads (0: as many as there are processors). NULL: an error. */
HWCOST_C_EXPORT hwcost_price_table* hwcost_make_price_table(const hwcost_machine* machine, const char* model_file,
                                                            const hwcost_width_choice* choices, size_t choice_count,
                                                            size_t threads, hwcost_message* error);
/* Files of schemas/hwcost-price-table-1.schema.json, which C++ and Python read and write too. NULL, not 0: an error. */
HWCOST_C_EXPORT hwcost_price_table* hwcost_load_price_table(const char* file, hwcost_message* error);
HWCOST_C_EXPORT int32_t hwcost_save_price_table(const hwcost_price_table* table, const char* file,
                                                hwcost_message* error);
HWCOST_C_EXPORT void hwcost_free_price_table(hwcost_price_table* table); /* NULL: nothing */

/* Layers in execution order; choices in the order given. Texts live as long as the table; NULL: no such layer. */
HWCOST_C_EXPORT size_t hwcost_price_table_layer_count(const hwcost_price_table* table);
HWCOST_C_EXPORT size_t hwcost_price_table_choice_count(const hwcost_price_table* table);
HWCOST_C_EXPORT const char* hwcost_price_table_layer_name(const hwcost_price_table* table, size_t layer);

/* One price; NaN where there is none, and the reason then says why (else "", or how it is approximated). */
HWCOST_C_EXPORT double hwcost_price_table_price(const hwcost_price_table* table, enum hwcost_metric metric,
                                                size_t layer, size_t choice);
HWCOST_C_EXPORT const char* hwcost_price_table_reason(const hwcost_price_table* table, size_t layer, size_t choice);

/* What `networks` networks cost, the layers without a choice included: assignments has network after network, a choice
   a layer; totals has a number a network, NaN where a layer has no price. By at most `threads` threads (0: as many as
   there are processors), with the same bits whatever the number. 0: done. */
HWCOST_C_EXPORT int32_t hwcost_price_table_sums(const hwcost_price_table* table, enum hwcost_metric metric,
                                                const uint8_t* assignments, size_t networks, double* totals,
                                                size_t threads, hwcost_message* error);

#ifdef __cplusplus
}
#endif
