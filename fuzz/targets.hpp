// What the fuzzers do with any bytes: read them as one kind of file. InputError is the only thing that may be thrown.
// The tests replay tests/corpus/ through the same functions.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "hwcost/error.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/import/json.hpp"
#include "hwcost/import/onnx.hpp"
#include "hwcost/import/price_table.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/machine.hpp"

namespace hwcost::fuzz {

// A hardware description, made into a machine where it is one.
inline void description(std::string_view bytes) {
  make_machine(Description::from_text(bytes, "fuzz.info", {}), {}, builtin_registry());
}

// A user's cost formula, evaluated on one layer.
inline void formula(std::string_view bytes) {
  Layer layer;
  layer.op = Op::linear;
  layer.dims = Linear<>{.in_channels = 4.0, .out_channels = 2.0};
  const Formula cost(std::string(bytes), {"fuzz.info", 1});
  static_cast<void>(cost.evaluate(layer));
}

// The neutral IR; what is read is written and read back the same.
inline void json(std::string_view bytes) {
  const Graph graph = read_graph_json(bytes, "fuzz.json");
  if (!(read_graph_json(graph_to_json(graph), "fuzz.json") == graph)) std::abort();
}

// A price table; what is read is written, read and written again the same.
inline void price_table(std::string_view bytes) {
  const std::string text = price_table_to_json(read_price_table(bytes, "fuzz.json"));
  if (price_table_to_json(read_price_table(text, "fuzz.json")) != text) std::abort();
}

// A layer table, and an assignment table: few bytes are both.
inline void table(std::string_view bytes) {
  try {
    read_assignments(bytes, "fuzz.csv");
  } catch (const InputError&) {
    read_layer_table(bytes, "fuzz.csv");
  }
}

// An ONNX model; what is read is a valid graph.
inline void onnx(std::string_view bytes) { validate(import_onnx(std::as_bytes(std::span(bytes)), "fuzz.onnx")); }

}  // namespace hwcost::fuzz
