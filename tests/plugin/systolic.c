/* An example of a plugin in C: a weight-stationary systolic array behind one memory port.

   Weights of a convolution are a matrix of in_channels / groups * kernel rows and out_channels / groups columns; so are
   those of linear layers, and the second operand of a matmul. A fold is as much of it as the array holds.
   Source of the cycles: Samajdar et al., ISPASS 2020, equations 1 to 4 and table 1: (2 rows + columns + T - 2) cycles a
   fold through which T vectors of inputs flow. Inputs, weights and outputs cross the port once, while the array works.
   Not modelled: what does not fit on chip and is fetched again, biases, set-up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwcost/plugin.h"

enum { kRows, kColumns, kOperandBits, kClock, kBandwidth, kParameters };

static const hwcost_parameter parameters[kParameters] = {
    [kRows] = {"array.rows", "", 1, 65536, 1},
    [kColumns] = {"array.columns", "", 1, 65536, 1},
    [kOperandBits] = {"array.operand_bits", "", 1, 64, 1},
    [kClock] = {"clock", "MHz", 1, 1e5, 1},
    [kBandwidth] = {"dram.bandwidth", "GB/s", 1e-3, 1e6, 1},
};

typedef struct {
  double value[kParameters]; /* in base units */
} Model;

/* A layer as products of a matrix of weights and vectors of inputs. Elements are of all products together. */
typedef struct {
  double products, rows, columns, vectors;
  double input_elements, weight_elements, output_elements;
} Products;

static void* create(const double* values, hwcost_traits* traits, hwcost_message* why_not) {
  Model* model = malloc(sizeof *model);
  if (model == NULL) {
    snprintf(why_not->text, why_not->size, "out of memory");
    return NULL;
  }
  memcpy(model->value, values, sizeof model->value);
  traits->metrics = 1u << hwcost_metric_latency_cycles | 1u << hwcost_metric_latency_seconds |
                    1u << hwcost_metric_traffic_bytes | 1u << hwcost_metric_utilization;
  traits->integers_only = 1;
  traits->clock_hertz = model->value[kClock];
  traits->out_channel_step = model->value[kColumns];
  return model;
}

static int is_modelled(const hwcost_layers* layers) {
  return layers->family == hwcost_family_linear || layers->family == hwcost_family_matmul ||
         strcmp(layers->op, "conv1d") == 0 || strcmp(layers->op, "conv2d") == 0 || strcmp(layers->op, "conv3d") == 0;
}

static Products of_convolution(struct hwcost_convolution d) {
  const double kernel = d.kernel_depth * d.kernel_height * d.kernel_width;
  const double pixels = d.batch * d.out_depth * d.out_height * d.out_width;
  const Products p = {.products = d.groups,
                      .rows = d.in_channels / d.groups * kernel,
                      .columns = d.out_channels / d.groups,
                      .vectors = pixels,
                      .input_elements = d.batch * d.in_channels * d.in_depth * d.in_height * d.in_width,
                      .weight_elements = d.out_channels * (d.in_channels / d.groups) * kernel,
                      .output_elements = pixels * d.out_channels};
  return p;
}

static Products of_linear(struct hwcost_linear d) {
  const double vectors = d.batch * d.tokens;
  const Products p = {.products = 1,
                      .rows = d.in_channels,
                      .columns = d.out_channels,
                      .vectors = vectors,
                      .input_elements = vectors * d.in_channels,
                      .weight_elements = d.in_channels * d.out_channels,
                      .output_elements = vectors * d.out_channels};
  return p;
}

static Products of_matmul(struct hwcost_matmul d) {
  const Products p = {.products = d.batch,
                      .rows = d.depth,
                      .columns = d.columns,
                      .vectors = d.rows,
                      .input_elements = d.batch * d.rows * d.depth,
                      .weight_elements = d.batch / d.shared_batch * d.depth * d.columns,
                      .output_elements = d.batch * d.rows * d.columns};
  return p;
}

static Products products_of(const hwcost_layers* layers, size_t row) {
  if (layers->family == hwcost_family_linear) return of_linear(hwcost_linear_at(layers, row));
  if (layers->family == hwcost_family_matmul) return of_matmul(hwcost_matmul_at(layers, row));
  return of_convolution(hwcost_convolution_at(layers, row));
}

static int fits(const Model* model, struct hwcost_widths w) {
  return w.input_bits <= model->value[kOperandBits] && w.weight_bits <= model->value[kOperandBits];
}

static struct hwcost_cost cost_of(const Model* model, Products p, struct hwcost_widths w) {
  const double rows = model->value[kRows];
  const double columns = model->value[kColumns];
  const double folds = p.products * ceil(p.rows / rows) * ceil(p.columns / columns);
  const double traffic =
      p.input_elements * w.input_bits + p.weight_elements * w.weight_bits + p.output_elements * w.output_bits;
  struct hwcost_cost cost = {0};
  cost.compute_cycles = folds * (2 * rows + columns + p.vectors - 2);
  cost.memory_cycles = traffic / model->value[kBandwidth] * model->value[kClock];
  cost.traffic_bits = traffic;
  cost.ideal_cycles = p.products * p.rows * p.columns * p.vectors / (rows * columns);
  return cost;
}

static int32_t estimate_batch(const void* opaque, const hwcost_layers* layers, const hwcost_costs* costs,
                              hwcost_message* why_not) {
  const Model* model = opaque;
  const int modelled = is_modelled(layers);
  (void)why_not;
  for (size_t row = 0; row < layers->rows; ++row) {
    if (!modelled) {
      costs->status[row] = hwcost_unmodelled;
      continue;
    }
    const struct hwcost_widths widths = hwcost_widths_at(layers, row);
    if (!fits(model, widths)) {
      costs->status[row] = hwcost_unsupported;
      continue;
    }
    const struct hwcost_cost cost = cost_of(model, products_of(layers, row), widths);
    hwcost_put(costs, row, &cost);
  }
  return 0;
}

/* The one reason that there is. */
static void explain(const void* opaque, const hwcost_layers* layers, size_t row, hwcost_message* why) {
  const Model* model = opaque;
  const struct hwcost_widths w = hwcost_widths_at(layers, row);
  snprintf(why->text, why->size, "operands of %g and %g bits exceed array.operand_bits %g", w.input_bits, w.weight_bits,
           model->value[kOperandBits]);
}

static const hwcost_plugin plugin = {
    .abi = HWCOST_PLUGIN_ABI,
    .layout = HWCOST_LAYOUT,
    .struct_size = sizeof(hwcost_plugin),
    .name = "systolic",
    .summary = "A weight-stationary systolic array behind one memory port",
    .parameters = parameters,
    .parameter_count = kParameters,
    .parameter_size = sizeof(hwcost_parameter),
    .create = create,
    .destroy = free,
    .estimate_batch = estimate_batch,
    .explain = explain,
};

const hwcost_plugin* hwcost_plugin_entry(void) { return &plugin; }
