// Shapes of a model's inputs as the command line gives them: --input-shape.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace hwcost::command {

// "x=1x3x{64,128}": of an input, or of one free dimension by its name ("N=3").
struct ShapeOption {
  std::string name;
  std::vector<std::vector<double>> extents;  // each a list of values
  bool is_list = false;                      // written with braces
};

// The shapes of one run, and how a user would write them.
struct ShapeBinding {
  std::map<std::string, std::vector<double>> shapes;
  std::string text;  // "x=1x3x64"; empty where no option is given
};

// --input-shape, repeatable. `options` must outlive the parsing.
void add_shape_option(CLI::App& command, std::vector<ShapeOption>& options);

// Whether a list asks for several runs, be they one.
bool is_sweep(const std::vector<ShapeOption>& options);

// Every combination of the lists' values, the last list running fastest; one binding where there are no lists.
std::vector<ShapeBinding> bindings(const std::vector<ShapeOption>& options);

}  // namespace hwcost::command
