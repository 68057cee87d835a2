/* Prices columns of layers and a model file from C, through the installed library.
   Arguments: an ONNX file; optionally a plugin with its description, and "-" or the folder of the descriptions. */
#include <hwcost/hwcost.h>
#include <stdio.h>
#include <string.h>

enum { kRows = 3 };

static char text[500];
static hwcost_message error = {text, sizeof text};

static int fail(void) {
  fprintf(stderr, "%s\n", text);
  return 1;
}

/* Linear layers of 64, 128 and 256 inputs, the last of 3 bit weights, which mpic has no rate for. */
static int price_batch(const hwcost_machine* machine) {
  const double one[kRows] = {1, 1, 1}, none[kRows] = {0, 0, 0}, eight[kRows] = {8, 8, 8};
  const double inputs[kRows] = {64, 128, 256}, outputs[kRows] = {21, 21, 21}, weight_bits[kRows] = {8, 8, 3};
  const double* extents[hwcost_linear_count] = {NULL};
  const double* widths[hwcost_widths_count] = {eight, weight_bits, eight, none, none};
  extents[hwcost_linear_batch] = one;
  extents[hwcost_linear_tokens] = one;
  extents[hwcost_linear_in_channels] = inputs;
  extents[hwcost_linear_out_channels] = outputs;
  extents[hwcost_linear_bias] = none;
  const hwcost_layers layers = {sizeof layers,       "linear", hwcost_family_linear, kRows, extents,
                                hwcost_linear_count, widths,   hwcost_widths_count};
  double cycles[kRows];
  uint8_t status[kRows];
  const hwcost_prices prices = {.struct_size = sizeof prices, .latency_cycles = cycles, .status = status};
  if (hwcost_price_batch(machine, &layers, &prices, 2, &error) != 0) return fail();
  for (size_t row = 0; row < kRows; ++row) {
    if (status[row] == hwcost_price_ok) {
      printf("row: %.1f cycles\n", cycles[row]);
    } else if (hwcost_explain(machine, &layers, row, &error) == status[row]) {
      printf("row: %s\n", text);
    }
  }
  return 0;
}

static int price_model(const hwcost_machine* machine, const char* model) {
  hwcost_report* report = hwcost_price_model(machine, model, &error);
  if (report == NULL) return fail();
  hwcost_layer_report first = {.struct_size = sizeof first};
  if (hwcost_report_layer(report, 0, &first) != 0) return 1;
  printf("%s: first layer %s %s, %zu layers, %.0f MACs, %.0f cycles\n", hwcost_machine_name(machine), first.op,
         first.name, hwcost_report_layer_count(report), hwcost_report_macs(report),
         hwcost_report_metric(report, hwcost_metric_latency_cycles));
  hwcost_free_report(report);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const char* const folder = argc > 2 ? argv[2] : NULL;
  const char* const plugin = argc > 4 ? argv[3] : NULL;
  const hwcost_search search = {.struct_size = sizeof search,
                                .description_folders = &folder,
                                .description_folder_count = folder != NULL && strcmp(folder, "-") != 0,
                                .plugins = &plugin,
                                .plugin_count = plugin != NULL};
  if (hwcost_c_api() != HWCOST_C_API || hwcost_load_machine("no-such-machine", &search, NULL) != NULL) return 1;
  hwcost_machine* machine = hwcost_load_machine(plugin != NULL ? argv[4] : "mpic", &search, &error);
  if (machine == NULL) return fail();
  printf("hwcost %s\n", hwcost_version());
  const int failed = price_batch(machine) != 0 || price_model(machine, argv[1]) != 0;
  hwcost_free_machine(machine);
  return failed;
}
