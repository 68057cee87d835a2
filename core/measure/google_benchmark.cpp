// Google Benchmark's JSON as measurements.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

#include "hwcost/import/table.hpp"
#include "hwcost/measure/reader.hpp"
#include "hwcost/measure/table.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/quantile.hpp"
#include "measurement_row.hpp"

namespace hwcost {
namespace {

using Json = nlohmann::json;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Parts that Google Benchmark adds to a name by itself, and that say nothing of the layer.
bool is_of_the_run(std::string_view part) {
  constexpr std::array<std::string_view, 3> kWhole{"real_time", "process_time", "manual_time"};
  constexpr std::array<std::string_view, 4> kBeginnings{"iterations:", "repeats:", "min_time:", "min_warmup_time:"};
  return std::find(kWhole.begin(), kWhole.end(), part) != kWhole.end() ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](auto begin) { return part.starts_with(begin); });
}

// Columns of layer tables that say nothing of the layer itself.
bool is_beside_the_layer(std::string_view column) {
  return column.starts_with("x_") || column.starts_with("expected_") || column.starts_with("measured_");
}

bool is_key_column(std::string_view column) {
  constexpr std::array<std::string_view, 4> kColumns{"activation", "bias_bits", "buffers", "threads"};
  return std::find(kColumns.begin(), kColumns.end(), column) != kColumns.end();
}

// One benchmark: what its repetitions share, and their times.
struct Benchmark {
  std::string name;
  std::vector<double> seconds;
  double iterations = 0.0;
  double creation_seconds = 0.0, reorder_seconds = 0.0;
  std::string label, failure;
};

class Reader {
 public:
  Reader(const Json& document, const std::string& file) : document_(document), file_(file) {}

  ReadMeasurements all() {
    if (!document_.is_object() || !document_.contains("benchmarks") || !document_["benchmarks"].is_array())
      fail("is not what Google Benchmark writes: wanted an object with a list 'benchmarks'");
    read_context();
    for (const Json& entry : document_["benchmarks"]) add(entry);
    ReadMeasurements result;
    for (Benchmark& benchmark : benchmarks_) {
      if (!benchmark.failure.empty()) {
        result.left_out.push_back(fmt::format("{}: {}", benchmark.name, benchmark.failure));
      } else if (!benchmark.seconds.empty()) {
        result.measurements.push_back(measurement_of(benchmark));
      } else {
        fail(fmt::format("benchmark '{}' has neither repetitions nor a median", benchmark.name));
      }
    }
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError({file_, 0}, what); }

  [[nodiscard]] std::string text(const Json& object, const char* member) const {
    const auto found = object.find(member);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
  // 0 where there is no such figure.
  [[nodiscard]] double figure(const Json& object, const char* member) const {
    const auto found = object.find(member);
    return found != object.end() && found->is_number() ? found->get<double>() : 0.0;
  }
  // The same of one that is at least `least` where it is there.
  [[nodiscard]] double figure(const Json& entry, const std::string& name, const char* member, double least) const {
    const double number = figure(entry, member);
    if (const auto found = entry.find(member); found != entry.end() && (!found->is_number() || !(number >= least)))
      fail(fmt::format("benchmark '{}' has {} {}, wanted a number from {} on", name, member, found->dump(), least));
    return number;
  }

  void read_context() {
    const Json context = document_.value("context", Json::object());
    if (!context.is_object()) fail("'context' is no object");
    Fingerprint::visit(machine_, [&](std::string_view member, std::string& part) {
      part = text(context, std::string(member).c_str());
      if (part.empty()) part = "unknown";
    });
    // "2026-03-01T13:00:00+01:00"
    std::tm time{};
    const std::string date = text(context, "date");
    if (strptime(date.c_str(), "%Y-%m-%dT%H:%M:%S%z", &time) == nullptr) return;
    const long offset = time.tm_gmtoff;
    const std::time_t moment = timegm(&time) - offset;
    gmtime_r(&moment, &time);
    std::array<char, 32> utc{};
    measured_at_.assign(utc.data(), std::strftime(utc.data(), utc.size(), "%Y-%m-%dT%H:%M:%SZ", &time));
  }

  // Repetitions come one by one, then their aggregates; with --benchmark_report_aggregates_only these alone.
  void add(const Json& entry) {
    if (!entry.is_object() || text(entry, "name").empty()) fail("an entry of 'benchmarks' has no name");
    const std::string run_name = text(entry, "run_name");
    const std::string name = run_name.empty() ? text(entry, "name") : run_name;
    auto known = std::find_if(benchmarks_.begin(), benchmarks_.end(), [&](const auto& b) { return b.name == name; });
    if (known == benchmarks_.end()) {
      known = benchmarks_.emplace(benchmarks_.end());
      known->name = name;
    }
    if (const auto failed = entry.find("error_occurred"); failed != entry.end() && *failed == true) {
      known->failure = text(entry, "error_message");
      if (known->failure.empty()) known->failure = "it failed";
      return;
    }
    const bool is_aggregate = text(entry, "run_type") == "aggregate";
    if (is_aggregate && (text(entry, "aggregate_name") != "median" || !known->seconds.empty())) return;
    known->seconds.push_back(seconds_of(entry, name));
    known->iterations = figure(entry, name, "iterations", 1.0);
    known->creation_seconds = figure(entry, name, "creation_seconds", 0.0);
    known->reorder_seconds = figure(entry, name, "reorder_seconds", 0.0);
    known->label = text(entry, "label");
  }

  [[nodiscard]] double seconds_of(const Json& entry, const std::string& name) const {
    static const std::map<std::string, double, std::less<>> kUnits{
        {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}};
    const auto unit = kUnits.find(text(entry, "time_unit"));
    const double time = figure(entry, "real_time");
    if (unit == kUnits.end() || !(time > 0.0))
      fail(fmt::format("benchmark '{}' has no real_time above 0 in ns, us, ms or s", name));
    return time * unit->second;
  }

  // The name as a layer table of one row.
  [[nodiscard]] Measurement layer_of(const Benchmark& benchmark, double seconds) const {
    std::vector<std::string> parts = split(benchmark.name, '/');
    std::string& op = parts.front();
    if (op.starts_with("BM_")) op.erase(0, 3);
    std::string columns = "op,measured_latency_seconds", cells = fmt::format("{},{}", csv_cell(op), seconds);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (is_of_the_run(parts[i])) continue;
      const std::size_t colon = parts[i].find(':');
      if (colon == std::string::npos || is_beside_the_layer(parts[i]))
        throw InputError({}, fmt::format("'{}' is no column with its value: wanted in_channels:64", parts[i]));
      const std::string column = parts[i].substr(0, colon);
      columns += fmt::format(",{}{}", is_key_column(column) ? "x_" : "", csv_cell(column));
      cells += "," + csv_cell(std::string_view(parts[i]).substr(colon + 1));
    }
    return measurements_from(read_layer_table(columns + "\n" + cells + "\n", {})).front();
  }

  [[nodiscard]] Measurement measurement_of(Benchmark& benchmark) const {
    std::vector<double>& times = benchmark.seconds;
    std::sort(times.begin(), times.end());
    const auto share = [&times](double part) { return quantile(times, part); };
    Measurement m;
    try {
      m = layer_of(benchmark, share(0.5));
    } catch (const InputError& error) {
      const std::string_view what = error.what();
      constexpr std::string_view kMark = "error: ";
      fail(fmt::format("benchmark '{}': {}", benchmark.name, what.substr(what.find(kMark) + kMark.size())));
    }
    Timing& t = m.timing;
    t.p10_seconds = share(0.10);
    t.p25_seconds = share(0.25);
    t.p50_seconds = share(0.50);
    t.p75_seconds = share(0.75);
    t.p90_seconds = share(0.90);
    t.samples = t.accepted = static_cast<double>(times.size());
    t.iterations = benchmark.iterations;
    m.key.machine = machine_;
    m.measured_at = measured_at_;
    m.creation_seconds = benchmark.creation_seconds;
    m.reorder_seconds = benchmark.reorder_seconds;
    m.kernel = benchmark.label;
    m.remarks = "timed by Google Benchmark, not gated";
    return m;
  }

  const Json& document_;
  const std::string& file_;
  Fingerprint machine_;
  std::string measured_at_;
  std::vector<Benchmark> benchmarks_;
};

}  // namespace

ReadMeasurements measurements_from_google_benchmark(std::string_view text, const std::string& file) {
  constexpr bool kNoException = false;
  const Json document = Json::parse(text, nullptr, kNoException);
  if (document.is_discarded()) throw InputError({file, 0}, "is no JSON");
  return Reader(document, file).all();
}

std::optional<std::string> benchmark_name(const MeasurementKey& key) {
  if (!has_table_form(key.layer)) return std::nullopt;
  LayerTable table;
  add_layer(table.graph, key.layer);
  table.rows.emplace_back().extra = measure::key_columns(key);
  const std::string text = layer_table(table);
  const std::size_t end = text.find('\n');
  const std::vector<std::string> columns = split(std::string_view(text).substr(0, end), ',');
  const std::vector<std::string> cells = split(std::string_view(text).substr(end + 1, text.size() - end - 2), ',');
  std::string result{name(key.layer.op)};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string_view column = columns[i];
    if (cells[i].empty() || column == "name" || column == "op") continue;
    result += fmt::format("/{}:{}", column.starts_with("x_") ? column.substr(2) : column, cells[i]);
  }
  return result;
}

}  // namespace hwcost
