// Batches divided among threads, columns of one value, and batches of any operators.
#include "hwcost/parallel_batch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

#include "../core/conformance/batch_columns.hpp"
#include "../core/conformance/random_layers.hpp"
#include "hwcost/machine.hpp"
#include "support/shipped_descriptions.hpp"

namespace hwcost {
namespace {

const SearchPath kDescriptions{HWCOST_SOURCE_DIR "/hw_descriptions"};

// Output columns with their storage; equal where all bits are.
class Figures {
 public:
  explicit Figures(std::size_t size) : status_(size) {
    for (auto& column : columns_) column.resize(size, -1.0);
  }
  [[nodiscard]] CostColumns columns() {
    return {columns_[0], columns_[1], columns_[2], columns_[3], columns_[4], columns_[5], status_};
  }
  [[nodiscard]] bool same_bits_as(const Figures& other) const {
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      const std::size_t bytes = columns_[k].size() * sizeof(double);
      if (std::memcmp(columns_[k].data(), other.columns_[k].data(), bytes) != 0) return false;
    }
    return status_ == other.status_;
  }

 private:
  std::array<std::vector<double>, 6> columns_;
  std::vector<Status> status_;
};

std::vector<Layer> many_convolutions(std::size_t count) {
  testing::RandomLayers random(11);
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < count; ++i) layers.push_back(random(Op::conv2d));
  return layers;
}

class OnEachDescription : public ::testing::TestWithParam<std::string> {
 protected:
  Machine machine_ = load_machine(GetParam(), kDescriptions, builtin_registry());
  const Backend& backend_ = *machine_.backend;
};
using ParallelBatch = OnEachDescription;
using BroadcastColumns = OnEachDescription;
using Grid = OnEachDescription;

TEST_P(ParallelBatch, HasTheSameBitsForEveryNumberOfThreads) {
  const std::vector<Layer> layers = many_convolutions(2500);
  const testing::BatchColumns in(layers);
  Figures expected(layers.size());
  backend_.estimate_batch(in.columns(), expected.columns());
  for (const std::size_t threads : {1, 2, 3, 8}) {
    Figures figures(layers.size());
    estimate_batch(backend_, in.columns(), figures.columns(), threads);
    EXPECT_TRUE(figures.same_bits_as(expected)) << threads;
  }
}

TEST_P(BroadcastColumns, PriceAsColumnsOfThatValueDo) {
  for (const std::size_t rows : {1, 255, 256, 257, 700}) {
    std::vector<Layer> layers(rows, many_convolutions(1).front());
    auto& first = std::get<Convolution<>>(layers.front().dims);
    first.groups = 1.0;
    for (std::size_t i = 0; i < rows; ++i) {
      layers[i].dims = layers.front().dims;
      std::get<Convolution<>>(layers[i].dims).out_channels = static_cast<double>(1 + i % 97);
      layers[i].precision.weight = integer(static_cast<double>(1 + i % 8));
    }
    const testing::BatchColumns dense(layers);
    Figures expected(rows);
    backend_.estimate_batch(dense.columns(), expected.columns());

    constexpr std::size_t kOutChannels = 2;
    constexpr std::size_t kWeightBits = kMemberCount<Convolution<>> + 1;
    LayerColumns in = dense.columns();
    in.broadcast = (std::uint64_t{1} << in.columns.size()) - 1;
    in.broadcast &= ~(std::uint64_t{1} << kOutChannels | std::uint64_t{1} << kWeightBits);
    Figures figures(rows);
    backend_.estimate_batch(in, figures.columns());
    EXPECT_TRUE(figures.same_bits_as(expected)) << rows;
    Figures from_threads(rows);
    estimate_batch(backend_, in, from_threads.columns(), 3);
    EXPECT_TRUE(from_threads.same_bits_as(expected)) << rows;
    EXPECT_EQ(layer_at(in, rows - 1), layer_at(dense.columns(), rows - 1));
  }
}

TEST_P(Grid, OfAnyOperatorsPricesEveryLayerAtEveryWidth) {
  const std::vector<Layer> layers = testing::random_layers(3);
  std::vector<Widths<>> widths;
  for (const double weight_bits : {0.0, 2.0, 4.0, 8.0}) {
    for (const double input_bits : {4.0, 8.0}) widths.push_back({input_bits, weight_bits, 8.0, kNoFigure, 0.0});
  }
  Figures grid(layers.size() * widths.size());
  estimate_grid(backend_, layers, widths, grid.columns(), 2);
  Figures expected(layers.size() * widths.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (std::size_t j = 0; j < widths.size(); ++j) {
      Layer layer = layers[i];
      layer.precision = Precision();
      layer.precision.input = integer(widths[j].input_bits);
      layer.precision.weight = integer(widths[j].weight_bits);
      const auto estimate = backend_.estimate(layer);
      const Status status = !estimate                         ? Status::unsupported
                            : estimate->approximation.empty() ? Status::priced
                                                              : Status::approximated;
      expected.columns().put(i * widths.size() + j, estimate ? estimate->cost : Cost<>{}, status,
                             backend_.traits().clock_hertz);
    }
  }
  EXPECT_TRUE(grid.same_bits_as(expected));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(EachDescription, ParallelBatch,
                         ::testing::ValuesIn(testing::modelled_descriptions(kDescriptions)), test_name);
INSTANTIATE_TEST_SUITE_P(EachDescription, BroadcastColumns,
                         ::testing::ValuesIn(testing::modelled_descriptions(kDescriptions)), test_name);
INSTANTIATE_TEST_SUITE_P(EachDescription, Grid, ::testing::ValuesIn(testing::modelled_descriptions(kDescriptions)),
                         test_name);

// A machine whose batches take long, and that fails at one row where it is told to.
class SlowBackend final : public Backend {
 public:
  explicit SlowBackend(std::optional<double> fails_from) : fails_from_(fails_from) {}
  [[nodiscard]] const BackendTraits& traits() const override { return traits_; }
  [[nodiscard]] Expected<Estimate, Unsupported> estimate(const Layer&) const override { return Estimate{}; }
  void estimate_batch(const LayerColumns& in, const CostColumns& out) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    {
      const std::lock_guard lock(mutex_);
      seen_.insert(std::this_thread::get_id());
    }
    for (std::size_t i = 0; i < in.size; ++i) {
      if (fails_from_ && in.at(0, i) >= *fails_from_) throw std::runtime_error(std::to_string(in.at(0, i)));
      out.cost[i] = in.at(0, i);
    }
  }
  [[nodiscard]] Expected<CostGradient, Unsupported> gradient(const Layer&, GradientMode) const override {
    return CostGradient{};
  }
  [[nodiscard]] std::size_t threads_seen() const { return seen_.size(); }

 private:
  std::optional<double> fails_from_;
  BackendTraits traits_;
  mutable std::mutex mutex_;
  mutable std::set<std::thread::id> seen_;
};

struct CountingRows {
  explicit CountingRows(std::size_t size) : rows(size), results(size) {
    for (std::size_t i = 0; i < size; ++i) rows[i] = static_cast<double>(i);
    pointers.assign(column_count(Family::linear), rows.data());
  }
  [[nodiscard]] LayerColumns in() const { return {Op::linear, rows.size(), pointers}; }
  [[nodiscard]] CostColumns out() {
    CostColumns columns;
    columns.cost = results;
    return columns;
  }
  std::vector<double> rows, results;
  std::vector<const double*> pointers;
};

TEST(ParallelBatch, UsesNoMoreThreadsThanItMay) {
  for (const std::size_t threads : {1, 3}) {
    const SlowBackend backend({});
    CountingRows rows(60000);
    estimate_batch(backend, rows.in(), rows.out(), threads);
    EXPECT_EQ(backend.threads_seen(), threads);
    EXPECT_EQ(rows.results, rows.rows);
  }
}

TEST(ParallelBatch, CarriesTheExceptionOfTheLowestRowsToTheCaller) {
  for (const std::size_t threads : {1, 4}) {
    const SlowBackend backend(20000.0);
    CountingRows rows(60000);
    try {
      estimate_batch(backend, rows.in(), rows.out(), threads);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(e.what(), std::to_string(20000.0));
    }
  }
}

TEST(ParallelBatch, OfNoRowsDoesNothing) {
  const SlowBackend backend({});
  CountingRows rows(0);
  estimate_batch(backend, rows.in(), rows.out(), 4);
  estimate_grid(backend, {}, {}, rows.out(), 4);
  EXPECT_EQ(backend.threads_seen(), 0u);
}

TEST(EstimateGrid, ALayerWithExtentsOfAnotherOperatorHasNoPrice) {
  const Machine mpic = load_machine("mpic", {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  Layer layer;
  layer.op = Op::conv2d;
  layer.dims = Linear<>{.in_channels = 8, .out_channels = 8};
  EXPECT_FALSE(mpic.backend->estimate(layer));
  EXPECT_FALSE(mpic.backend->gradient(layer, GradientMode::straight_through));
  const std::vector<Layer> layers{layer};
  const std::vector<Widths<>> widths(3);
  std::vector<Status> status(3, Status::priced);
  CostColumns out;
  out.status = status;
  estimate_grid(*mpic.backend, layers, widths, out, 1);
  EXPECT_EQ(status, std::vector<Status>(3, Status::unsupported));
}

TEST(Columns, ANameThatNoOperatorHasIsAnError) {
  EXPECT_EQ(members_named(Family::convolution, {"batch", "groups"}), 0b1001u);
  EXPECT_EQ(members_named(Family::linear, {"batch", "groups"}), 0b1u);
  EXPECT_THROW(static_cast<void>(members_named(Family::convolution, {"out_chanels"})), InputError);
}

}  // namespace
}  // namespace hwcost
