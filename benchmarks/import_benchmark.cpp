// Time and memory of an ONNX import: a real network, weights of a gibibyte, and very many nodes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <vector>

#include "hwcost/import/onnx.hpp"

namespace {

namespace fs = std::filesystem;

// A file that is gone at the end.
class TemporaryFile {
 public:
  TemporaryFile() : path_(fs::temp_directory_path() / fmt::format("hwcost-benchmark-{}.onnx", ::getpid())) {}
  ~TemporaryFile() { fs::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
  std::string text;
  protozero::pbf_writer writer{text};
  for (const std::string& input : inputs) writer.add_string(1, input);
  writer.add_string(2, output);
  writer.add_string(3, output);
  writer.add_string(4, type);
  return text;
}

std::string value_info(const std::string& name, std::int64_t rows, std::int64_t columns) {
  std::string text;
  protozero::pbf_writer info{text};
  info.add_string(1, name);
  protozero::pbf_writer type{info, 2};
  protozero::pbf_writer tensor{type, 1};
  tensor.add_int32(1, 1);
  protozero::pbf_writer shape{tensor, 2};
  for (const std::int64_t extent : {rows, columns}) {
    protozero::pbf_writer dimension{shape, 1};
    dimension.add_int64(1, extent);
  }
  shape.commit();
  tensor.commit();
  type.commit();
  return text;
}

std::string matrix(const std::string& name, std::int64_t extent, const std::string& elements) {
  std::string text;
  protozero::pbf_writer tensor{text};
  for (int k = 0; k < 2; ++k) tensor.add_int64(1, extent);
  tensor.add_int32(2, 1);
  tensor.add_string(8, name);
  tensor.add_bytes(9, elements);
  return text;
}

std::string model(const std::string& graph) {
  std::string text;
  protozero::pbf_writer writer{text};
  writer.add_int64(1, 8);
  writer.add_message(7, graph);
  protozero::pbf_writer opset{writer, 8};
  opset.add_int64(2, 17);
  opset.commit();
  return text;
}

// Chains of `length` nodes: products with square matrices whose elements the file holds, or activations and additions.
std::string products(std::size_t length, std::int64_t extent) {
  std::string graph;
  protozero::pbf_writer writer{graph};
  const std::string elements(static_cast<std::size_t>(extent * extent) * sizeof(float), '\x11');
  for (std::size_t k = 0; k < length; ++k) {
    writer.add_message(1, node("MatMul", {fmt::format("v{}", k), fmt::format("w{}", k)}, fmt::format("v{}", k + 1)));
    writer.add_message(5, matrix(fmt::format("w{}", k), extent, elements));
  }
  writer.add_message(11, value_info("v0", 1, extent));
  writer.add_message(12, value_info(fmt::format("v{}", length), 1, extent));
  return model(graph);
}

std::string activations(std::size_t length) {
  std::string graph;
  protozero::pbf_writer writer{graph};
  for (std::size_t k = 0; k < length; ++k) {
    const std::string in = fmt::format("v{}", k);
    const bool adds = k % 2 == 1;
    writer.add_message(
        1, node(adds ? "Add" : "Sigmoid", adds ? std::vector{in, fmt::format("v{}", k - 1)} : std::vector{in},
                fmt::format("v{}", k + 1)));
  }
  writer.add_message(11, value_info("v0", 8, 64));
  writer.add_message(12, value_info(fmt::format("v{}", length), 8, 64));
  return model(graph);
}

double resident_mebibytes() {
  std::ifstream pages("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  pages >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0);
}

double peak_mebibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void resnet50(benchmark::State& state) {
  const fs::path file = HWCOST_SOURCE_DIR "/tests/models/resnet50_op13_stripped.onnx";
  for (auto _ : state) benchmark::DoNotOptimize(hwcost::import_onnx(file));
}
BENCHMARK(resnet50)->Unit(benchmark::kMillisecond);

// Written by a process of its own, so that the peak is the import's.
void a_gibibyte_of_weights(benchmark::State& state) {
  const TemporaryFile file;
  const pid_t writer = ::fork();
  if (writer == 0) {
    std::ofstream(file.path(), std::ios::binary) << products(256, 1024);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(writer, &status, 0);
  for (auto _ : state) benchmark::DoNotOptimize(hwcost::import_onnx(file.path()));
  state.counters["file_MiB"] = static_cast<double>(fs::file_size(file.path())) / (1024.0 * 1024.0);
  state.counters["resident_MiB"] = resident_mebibytes();
  state.counters["peak_MiB"] = peak_mebibytes();
}
BENCHMARK(a_gibibyte_of_weights)->Unit(benchmark::kMillisecond);

void nodes(benchmark::State& state) {
  const std::string bytes = activations(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(hwcost::import_onnx(std::as_bytes(std::span(bytes)), "nodes.onnx"));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(nodes)->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond);

}  // namespace
