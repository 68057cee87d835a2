#include "boosted_trees.hpp"

#include "hwcost/calibrate/calibrate.hpp"

#ifdef HWCOST_WITH_XGBOOST
#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#endif

namespace hwcost {

#ifndef HWCOST_WITH_XGBOOST

bool can_learn_residuals() { return false; }
std::vector<ResidualTree> boosted_trees(const std::vector<TreeSample>&, std::uint64_t) {
  throw std::runtime_error("this build of hwcost learns no residuals: it has no XGBoost");
}

#else

namespace {

using Json = nlohmann::json;

// Small trees that take small steps, a leaf of several layers: enough for two thousand measurements, too little to
// learn each of them.
constexpr int kRounds = 200;
const std::vector<std::pair<const char*, std::string>>& parameters() {
  static const std::vector<std::pair<const char*, std::string>> kParameters{{"objective", "reg:squarederror"},
                                                                            {"base_score", "0"},
                                                                            {"tree_method", "exact"},
                                                                            {"max_depth", "4"},
                                                                            {"eta", "0.08"},
                                                                            {"lambda", "1"},
                                                                            {"min_child_weight", "6"},
                                                                            {"subsample", "0.7"},
                                                                            {"nthread", "1"},
                                                                            {"verbosity", "0"}};
  return kParameters;
}

void check(int status) {
  if (status != 0) throw std::runtime_error(fmt::format("XGBoost: {}", XGBGetLastError()));
}

// Of the figures whose growth alone can only make a layer dearer than its price: at the same price and extents, more
// bytes are never nearer.
std::string monotone_constraints() {
  std::string text = "(";
  for (const std::string_view name : residual_figure_names()) text += name == "bytes" ? "1," : "0,";
  text.back() = ')';
  return text;
}

class Samples {
 public:
  explicit Samples(const std::vector<TreeSample>& samples) {
    const std::size_t columns = residual_figure_names().size();
    std::vector<float> rows, targets, weights;
    for (const TreeSample& sample : samples) {
      rows.insert(rows.end(), sample.figures.values.begin(),
                  sample.figures.values.begin() + static_cast<std::ptrdiff_t>(columns));
      targets.push_back(static_cast<float>(sample.target));
      weights.push_back(static_cast<float>(sample.weight));
    }
    check(XGDMatrixCreateFromMat(rows.data(), samples.size(), columns, std::numeric_limits<float>::quiet_NaN(),
                                 &handle_));
    check(XGDMatrixSetFloatInfo(handle_, "label", targets.data(), targets.size()));
    check(XGDMatrixSetFloatInfo(handle_, "weight", weights.data(), weights.size()));
  }
  ~Samples() { XGDMatrixFree(handle_); }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;
  [[nodiscard]] DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Booster {
 public:
  Booster(const Samples& samples, std::uint64_t seed) {
    const DMatrixHandle matrix = samples.handle();
    check(XGBoosterCreate(&matrix, 1, &handle_));
    for (const auto& [key, value] : parameters()) set(key, value);
    set("seed", std::to_string(seed % 1'000'000'007));
    set("monotone_constraints", monotone_constraints());
    for (int round = 0; round < kRounds; ++round) check(XGBoosterUpdateOneIter(handle_, round, matrix));
  }
  ~Booster() { XGBoosterFree(handle_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  [[nodiscard]] Json model() const {
    bst_ulong size = 0;
    const char* text = nullptr;
    check(XGBoosterSaveModelToBuffer(handle_, R"({"format": "json"})", &size, &text));
    return Json::parse(text, text + size);
  }

 private:
  void set(const char* key, const std::string& value) { check(XGBoosterSetParam(handle_, key, value.c_str())); }
  BoosterHandle handle_ = nullptr;
};

// Nodes come in an order in which children stand behind their parents.
ResidualTree tree_from(const Json& json) {
  const Json& below = json.at("left_children");
  const Json& above = json.at("right_children");
  ResidualTree tree;
  for (std::size_t i = 0; i < below.size(); ++i) {
    ResidualNode& node = tree.emplace_back();
    node.value = json.at("split_conditions").at(i).get<float>();  // of a leaf its value
    if (below[i].get<int>() < 0) continue;
    node.figure = json.at("split_indices").at(i).get<int>();
    node.below = below[i].get<int>();
    node.above = above[i].get<int>();
    node.missing = json.at("default_left").at(i).get<int>() != 0 ? node.below : node.above;
  }
  return tree;
}

}  // namespace

bool can_learn_residuals() { return true; }

std::vector<ResidualTree> boosted_trees(const std::vector<TreeSample>& samples, std::uint64_t seed) {
  const Samples matrix(samples);
  const Json model = Booster(matrix, seed).model();
  std::vector<ResidualTree> trees;
  for (const Json& tree : model.at("learner").at("gradient_booster").at("model").at("trees"))
    trees.push_back(tree_from(tree));
  return trees;
}

#endif

}  // namespace hwcost
