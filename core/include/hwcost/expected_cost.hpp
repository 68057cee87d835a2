// The expected cost of a network whose widths and channel counts are still soft, with its gradient: a regulariser.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/export.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {

// What the probabilities of a layer's weight widths mean. Both agree where the cost is linear in the channels.
enum class SoftChoice {
  choice,  // the layer will take one width: the sum of p(w) cost(w, all channels)
  split,   // its output channels will divide over them: the sum of cost(w, p(w) channels)
};

// Layers (by Layer::name, or as the model file calls them) that share one vector of probabilities over widths of their
// weights; layers that read the same weights belong to it too. Where 0 bit (pruned) is among the widths, layers of the
// quantiser with equally many channels lose the same ones: that is how layers that feed one add are tied.
struct WeightQuantizer {
  std::string name;
  std::vector<std::string> layers;
  std::vector<double> widths;  // bits of integers, each once
  SoftChoice kind = SoftChoice::split;
};

// Layers that share one vector of probabilities over the widths of their inputs. What these layers read is written at
// that width by the layers before, as with assign().
struct ActivationQuantizer {
  std::string name;
  std::vector<std::string> layers;
  std::vector<double> widths;
};

// Layers whose number of output channels is one real variable, 0 to what they have in the graph: the same channels, so
// equally many. Below 0 is refused; above what they have the last piece of the cost goes on, as nobody's price.
struct SoftChannels {
  std::string name;
  std::vector<std::string> layers;
};

// What is soft; all else is as the graph has it.
struct SearchSpace {
  std::vector<WeightQuantizer> weights;
  std::vector<ActivationQuantizer> activations;
  std::vector<SoftChannels> channels;
};

// Which layers may lose output channels, and which of them lose the same ones.
struct ChannelTies {
  struct Fixed {
    std::string layer;
    std::string reason;
  };
  // Names of layers, of single ones too. To allow 0 bit, give all layers of a group one quantiser (or one
  // SoftChannels). Depthwise layers are in none: they lose what the layers before them do.
  std::vector<std::vector<std::string>> groups;
  std::vector<Fixed> fixed;  // that can lose none: the network's own outputs, say
};

// The ties that the graph forces: what is added has equal channels.
[[nodiscard]] HWCOST_EXPORT ChannelTies channel_ties(const Graph& graph);

struct ExpectedCostOptions {
  // Metrics that add up (metric.hpp), and columns of Facts ("params", "weight_bits", "macs", "bit_ops", ...).
  std::vector<std::string> metrics;
  // straight_through: the formula at real channel counts with Backend::gradient's derivatives. relaxed: the piecewise
  // (multi)linear interpolation over channel counts with knots at 0, at the multiples of the machine's granularity and
  // at the layer's own count; exact there. Facts and formulas of users are interpolated between whole channels in both.
  GradientMode mode = GradientMode::relaxed;
  std::optional<Formula> formula;  // its value is `cost`; else the description's own formula is, where it has one
  // Leave layers out that the machine cannot run, where the search space gives their weights no widths, instead of
  // refusing the network: their names are in ExpectedCost::left_out().
  bool leave_out_unpriced = false;
  std::size_t remembered_knots = std::size_t{1} << 18;  // costs that are kept, at most
};

// Expected costs of one network on one machine. Immutable to its callers: every method is const and may be called from
// any thread, evaluate() with a workspace a thread.
//
// Variables are one flat array: a block a weight quantiser, then a block an activation quantiser, then a number a
// SoftChannels, in the order of the search space; within a block a probability a width, in the order given. They need
// not add up to 1: the value is the same polynomial all the same.
//
// With p_0 the probability of 0 bit, (1 - p_0) of a layer's channels are alive; what reads them has so many fewer
// inputs, through everything that assign() passes pruned channels through, and the gradient says so.
class HWCOST_EXPORT ExpectedCost {
 public:
  // Throws InputError: layers that are not there or are named twice, widths that a layer cannot have, metrics that are
  // unknown, that do not add up or that some machine lacks, a candidate that the machine cannot run (with the reason),
  // channels that meet others which are not tied to them.
  ExpectedCost(const Graph& graph, const Machine& machine, const SearchSpace& space,
               const ExpectedCostOptions& options);
  // Of a single layer, by whatever name it has.
  ExpectedCost(const Layer& layer, const Machine& machine, const SearchSpace& space,
               const ExpectedCostOptions& options);
  ~ExpectedCost();
  ExpectedCost(ExpectedCost&&) noexcept;
  ExpectedCost& operator=(ExpectedCost&&) noexcept;

  // A run of variables that belong together.
  struct Block {
    enum class Kind { weight, activation, channels };
    Kind kind = Kind::weight;
    std::string name;
    std::vector<std::string>
        layers;                  // names of the nodes that it is about (channels, weights) or whose inputs it is of
    std::vector<double> widths;  // bits; of channels: empty
    SoftChoice choice = SoftChoice::choice;
    double channels = 0.0;   // of kind channels: how many the layers have in the graph
    std::size_t offset = 0;  // of the first variable
    std::size_t size = 0;
  };
  [[nodiscard]] const std::vector<Block>& blocks() const;
  [[nodiscard]] std::size_t variable_count() const;
  [[nodiscard]] const std::vector<std::string>& metrics() const;  // as in the options
  [[nodiscard]] const std::vector<std::string>& layers() const;   // of the graph's nodes, in execution order
  [[nodiscard]] const std::vector<std::string>& left_out() const;
  // Equal probabilities, all channels.
  [[nodiscard]] std::vector<double> uniform() const;

  // Where results go; an empty span is not wanted.
  struct Results {
    std::span<double> values;        // a metric: metrics().size()
    std::span<double> gradients;     // metric by metric, a variable: metrics().size() * variable_count()
    std::span<double> layer_values;  // layer by layer, a metric: layers().size() * metrics().size()
  };

  // What evaluate() writes to while it works: one a thread, made for this object.
  class HWCOST_EXPORT Workspace {
   public:
    explicit Workspace(const ExpectedCost& cost);
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;

   private:
    friend class ExpectedCost;
    struct Scratch;
    std::unique_ptr<Scratch> scratch_;
  };

  // Throws InputError: spans of other sizes, variables that are not finite, channel counts below 0, a machine that
  // refuses channel counts between those that it was asked for at the start.
  void evaluate(std::span<const double> variables, const Results& results, Workspace& workspace) const;

  // Variables as searches by gradients hold them: every block of probabilities is the mean of softmaxes over rows of
  // logits, of a single row for a layer, of a row a channel.
  struct Logits {
    std::span<const double> values;     // block by block, row by row, a logit a variable; a SoftChannels is itself
    std::span<const std::size_t> rows;  // a block: how many; of a SoftChannels 1
    double temperature = 1.0;           // what logits are divided by
  };

  // evaluate() of those means. results.gradients are by the logits: metrics().size() * logits.values.size(). Throws
  // InputError as it does, and where the sizes do not fit or the temperature is not above 0.
  void evaluate_logits(const Logits& logits, const Results& results, Workspace& workspace) const;

  // evaluate() with memory of its own.
  struct Values {
    std::vector<double> values;
    std::vector<double> gradients;
    std::vector<double> layer_values;
  };
  [[nodiscard]] Values evaluate(std::span<const double> variables) const;

 private:
  class Implementation;
  std::unique_ptr<const Implementation> implementation_;
};

}  // namespace hwcost
