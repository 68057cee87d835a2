#include "hwcost/formula.hpp"

#include <fmt/format.h>
#include <muParser.h>

#include <array>
#include <cmath>
#include <mutex>

#include "hwcost/work.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kLongestExpression = 4096;

// What messages show of it.
std::string_view beginning(std::string_view expression) { return expression.substr(0, 200); }

// What a formula may name, of one width's worth of a layer.
struct Quantities {
  double macs, flops, params, w_bits, a_bits, out_bits, in_elements, weight_elements, out_elements;
  double in_channels, out_channels, groups, kernel, out_pixels, batch, bias;
};

struct Named {
  const char* name;
  const char* meaning;
  double Quantities::*member;
};

constexpr std::array<Named, 16> kVariables{{
    {"macs", "multiply-accumulates", &Quantities::macs},
    {"flops", "2 a MAC, 1 a bias add, 1 for other elementary operations", &Quantities::flops},
    {"params", "elements of weights and biases", &Quantities::params},
    {"w_bits", "bits of a weight", &Quantities::w_bits},
    {"a_bits", "bits of an input activation", &Quantities::a_bits},
    {"out_bits", "bits of an output activation", &Quantities::out_bits},
    {"in_elements", "elements of all activation operands", &Quantities::in_elements},
    {"weight_elements", "elements of the weights", &Quantities::weight_elements},
    {"out_elements", "elements of the output", &Quantities::out_elements},
    {"in_channels", "input channels; 0 where the operator has none", &Quantities::in_channels},
    {"out_channels", "output channels; 0 where the operator has none", &Quantities::out_channels},
    {"groups", "groups of a convolution, else 1", &Quantities::groups},
    {"kernel", "product of the kernel's extents, else 1", &Quantities::kernel},
    {"out_pixels", "product of the output's spatial extents, or tokens, or rows; else 1", &Quantities::out_pixels},
    {"batch", "batch size; 1 where it is not known apart", &Quantities::batch},
    {"bias", "1 with a bias, else 0", &Quantities::bias},
}};

void set_extents(Quantities& q, const Convolution<>& d) {
  q.in_channels = d.in_channels;
  q.out_channels = d.out_channels;
  q.groups = d.groups;
  q.kernel = d.kernel();
  q.out_pixels = d.out_pixels();
  q.batch = d.batch;
  q.bias = d.bias;
}
void set_extents(Quantities& q, const Linear<>& d) {
  q.in_channels = d.in_channels;
  q.out_channels = d.out_channels;
  q.out_pixels = d.tokens;
  q.batch = d.batch;
  q.bias = d.bias;
}
void set_extents(Quantities& q, const MatMul<>& d) {
  q.in_channels = d.depth;
  q.out_channels = d.columns;
  q.out_pixels = d.rows;
  q.batch = d.batch;
}
void set_extents(Quantities& q, const Pooling<>& d) {
  q.in_channels = q.out_channels = d.channels;
  q.kernel = d.kernel();
  q.out_pixels = d.out_pixels();
  q.batch = d.batch;
}
template <class D>
void set_extents(Quantities&, const D&) {}

template <class D>
Quantities quantities(Op op, const D& dims, const Widths<>& widths) {
  const Work<> w = work(op, dims);
  Quantities q{};
  q.groups = q.kernel = q.out_pixels = q.batch = 1.0;
  set_extents(q, dims);
  q.macs = w.macs;
  q.flops = w.flops();
  q.params = w.parameters();
  q.w_bits = widths.weight_bits;
  q.a_bits = widths.input_bits;
  q.out_bits = widths.output_bits;
  q.in_elements = w.input + w.second_input;
  q.weight_elements = w.weights;
  q.out_elements = w.output;
  return q;
}

// All output channels have 0 bit: no channel is left of which the formula could speak.
template <class D>
bool is_pruned(const D& dims, double weight_bits) {
  if constexpr (requires { with_out_channels(dims, 1.0); }) return weight_bits == 0.0;
  return false;
}

// muParser has assignments, which would let a formula write to its own variables.
bool has_assignment(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') continue;
    const bool second = i > 0 && std::string_view("=<>!").find(text[i - 1]) != std::string_view::npos;
    const bool first = i + 1 < text.size() && text[i + 1] == '=';
    if (!first && !second) return true;
    if (first) ++i;
  }
  return false;
}

// One parser bound to one set of variables; muParser's evaluation writes into itself, so no two threads may share one.
class Evaluator {
 public:
  explicit Evaluator(const std::string& expression) {
    for (const Named& v : kVariables) parser_.DefineVar(v.name, &(values_.*v.member));
    parser_.SetExpr(expression);
  }
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  double operator()(const Quantities& q) {
    values_ = q;
    return parser_.Eval();
  }
  int result_count() {
    parser_.Eval();
    return parser_.GetNumResults();
  }

 private:
  Quantities values_{};
  mu::Parser parser_;
};

}  // namespace

class Formula::Implementation {
 public:
  explicit Implementation(std::string expression) : expression_(std::move(expression)) {}

  [[nodiscard]] const std::string& expression() const { return expression_; }

  // An evaluator of one's own while this lives.
  class Loan {
   public:
    explicit Loan(const Implementation& from) : from_(from), evaluator_(from.take()) {}
    ~Loan() { from_.put_back(std::move(evaluator_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    double operator()(const Quantities& q) const { return (*evaluator_)(q); }

   private:
    const Implementation& from_;
    std::unique_ptr<Evaluator> evaluator_;
  };

 private:
  std::unique_ptr<Evaluator> take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Evaluator> evaluator = std::move(idle_.back());
        idle_.pop_back();
        return evaluator;
      }
    }
    auto evaluator = std::make_unique<Evaluator>(expression_);
    const std::lock_guard lock(mutex_);
    idle_.reserve(++made_);  // so that putting back allocates nothing
    return evaluator;
  }
  void put_back(std::unique_ptr<Evaluator> evaluator) const noexcept {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(evaluator));
  }

  std::string expression_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Evaluator>> idle_;
  mutable std::size_t made_ = 0;
};

Formula::Formula(const std::string& expression, const SourcePlace& place) {
  const auto fault = [&](const std::string& what) {
    return InputError(place, fmt::format("formula '{}': {}", beginning(expression), what));
  };
  if (expression.size() > kLongestExpression)
    throw fault(fmt::format("{} characters, more than {}", expression.size(), kLongestExpression));
  for (const char c : expression) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
      throw fault("only printable ASCII characters are allowed");
  }
  if (has_assignment(expression)) throw fault("'=' assigns; compare with '=='");
  try {
    Evaluator probe(expression);
    if (const int results = probe.result_count(); results != 1)
      throw fault(fmt::format("it has {} results, separated by ','; one is wanted", results));
  } catch (const mu::Parser::exception_type& e) {
    throw fault(e.GetMsg());
  }
  implementation_ = std::make_shared<const Implementation>(expression);
}

const std::string& Formula::expression() const { return implementation_->expression(); }

Expected<double, Unsupported> Formula::evaluate(const Layer& layer) const {
  const Precision& p = layer.precision;
  const Implementation::Loan formula(*implementation_);
  double sum = 0.0;
  try {
    std::visit(
        [&](const auto& dims) {
          const auto value = [&](const auto& part, double bits) {
            return formula(quantities(layer.op, part, Widths<>{p.input.bits, bits, p.output.bits}));
          };
          if constexpr (requires { with_out_channels(dims, 1.0); }) {
            if (p.weight.is_mixed()) {
              for (const ChannelGroup& g : p.weight.groups) {
                if (g.bits != 0.0 && g.channels != 0.0) sum += value(with_out_channels(dims, g.channels), g.bits);
              }
              return;
            }
          }
          if (!is_pruned(dims, p.weight.uniform.bits)) sum += value(dims, p.weight.uniform.bits);
        },
        layer.dims);
  } catch (const mu::Parser::exception_type& e) {
    return tl::unexpected(Unsupported{fmt::format("formula '{}': {}", beginning(expression()), e.GetMsg()), {}});
  }
  if (!std::isfinite(sum))
    return tl::unexpected(
        Unsupported{fmt::format("formula '{}' gives {} for this layer", beginning(expression()), sum), {}});
  return sum;
}

void Formula::evaluate(const LayerColumns& in, std::span<double> figures) const {
  const Implementation::Loan formula(*implementation_);
  visit_candidates(in, [&](std::size_t row, const auto& dims, const Widths<>& widths) {
    figures[row] = 0.0;
    if (is_pruned(dims, widths.weight_bits)) return;
    try {
      figures[row] += formula(quantities(in.op, dims, widths));
      if (!std::isfinite(figures[row])) figures[row] = kNoFigure;
    } catch (const mu::Parser::exception_type&) {
      figures[row] = kNoFigure;
    }
  });
}

const std::vector<Formula::Variable>& Formula::variables() {
  static const std::vector<Variable> kList = [] {
    std::vector<Variable> list;
    for (const Named& v : kVariables) list.push_back({v.name, v.meaning});
    return list;
  }();
  return kList;
}

}  // namespace hwcost
