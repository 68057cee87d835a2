#include "learning_curves.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "hwcost/error.hpp"

namespace hwcost::command {
namespace {

using Json = nlohmann::json;

LearningCurve::Point point_from(const Json& json) {
  const LearningCurve::Point point{json.at("layers").get<double>(), json.at("median_error").get<double>()};
  if (!(point.layers >= 1.0)) throw std::domain_error(fmt::format("layers is {}, wanted at least 1", point.layers));
  if (!(point.median_error >= 0.0))
    throw std::domain_error(fmt::format("median_error is {}, wanted at least 0", point.median_error));
  return point;
}

}  // namespace

std::vector<LearningCurve> read_learning_curves(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw InputError({file, 0}, "cannot be read");
  std::vector<LearningCurve> curves;
  try {
    const Json document = Json::parse(in);
    if (!document.is_array()) throw std::domain_error("no array");
    for (const Json& json : document) {
      LearningCurve& curve = curves.emplace_back(LearningCurve{json.at("name").get<std::string>(), {}});
      for (const Json& point : json.at("points")) curve.points.push_back(point_from(point));
    }
  } catch (const std::exception& fault) {
    throw InputError({file, 0}, fmt::format("is no list of learning curves: {}", fault.what()));
  }
  return curves;
}

}  // namespace hwcost::command
