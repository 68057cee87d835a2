// How far fits were off by the number of layers that they had: tools/learning-curve writes it, pages of charts show it.
#pragma once

#include <string>
#include <vector>

namespace hwcost::command {

struct LearningCurve {
  struct Point {
    double layers = 0.0;        // that a fit had
    double median_error = 0.0;  // of layers that it had not seen, as a share
  };
  std::string name;  // how its layers were chosen: "random", "planned"
  std::vector<Point> points;
};

// Reads `[{"name": "random", "points": [{"layers": 50, "median_error": 0.07}]}]`. Throws InputError.
std::vector<LearningCurve> read_learning_curves(const std::string& file);

}  // namespace hwcost::command
