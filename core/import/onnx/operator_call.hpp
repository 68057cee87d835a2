// One node while it is imported: its operands and attributes, and what an operator's function says of its outcome.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph_builder.hpp"
#include "limits.hpp"
#include "naming.hpp"
#include "widths.hpp"

namespace hwcost::onnx {

class OperatorCall {
 public:
  OperatorCall(GraphBuilder& builder, const Node& node, std::size_t position);

  GraphBuilder& builder() { return builder_; }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] std::int64_t opset() const;  // of the node's domain; a recent one where the file says nothing

  // Operands. An operand that is not there fails with the node's name.
  [[nodiscard]] std::size_t input_count() const { return inputs_.size(); }
  [[nodiscard]] bool has(std::size_t k) const { return k < inputs_.size() && inputs_[k] != nullptr; }
  [[nodiscard]] const Value& input(std::size_t k) const;
  [[nodiscard]] bool is_activation(std::size_t k) const { return has(k) && !inputs_[k]->constant; }
  [[nodiscard]] const Shape& shape(std::size_t k) const;
  [[nodiscard]] std::int64_t extent(std::size_t k, std::size_t axis) const;
  [[nodiscard]] double count(std::size_t k) const;                         // elements
  [[nodiscard]] const std::vector<double>* contents(std::size_t k) const;  // null where not there or not known
  [[nodiscard]] std::optional<Shape> integers(std::size_t k) const;
  [[nodiscard]] bool all_constant() const;
  // The first operand whose shape nobody knows.
  [[nodiscard]] std::optional<std::size_t> operand_of_unknown_shape() const;
  // Whether the operand is a constant that the file stores, of more than one element. Integers and booleans are no
  // parameters but masks and tables of indices, unless a dequantiser reads them: the operator itself, where it says so.
  [[nodiscard]] bool is_parameter(std::size_t k, bool dequantizes = false) const;

  // Whether it is a constant that the file stores and that is a parameter, of a single element too.
  [[nodiscard]] bool is_learned(std::size_t k) const {
    return has(k) && inputs_[k]->constant && inputs_[k]->origin.learned;
  }

  // Attributes.
  [[nodiscard]] const Attribute* attribute(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  [[nodiscard]] double real(std::string_view name, double fallback) const;
  [[nodiscard]] std::string_view text(std::string_view name, std::string_view fallback) const;
  [[nodiscard]] const Shape* integer_list(std::string_view name) const;  // null where not there
  // A list that old opsets keep as an attribute and new ones as an operand.
  [[nodiscard]] std::optional<Shape> list_or_operand(std::string_view name, std::size_t operand) const;
  [[nodiscard]] std::size_t axis(std::int64_t axis, std::size_t rank) const;  // fails outside the rank
  void need_rank(std::size_t operand, std::size_t least) const;

  // Outcome. Every output that the function says nothing of gets the shape that the file states for it.
  [[nodiscard]] bool wants(std::size_t output) const;
  void output(std::size_t k, Shape shape, std::optional<std::int32_t> type = {});
  // Without an origin it is computed from nothing that is stored.
  void constant_output(std::size_t k, Shape shape, std::int32_t type, std::optional<std::vector<double>> contents,
                       const Origin& origin = {});
  // The output is that large at most: how large is decided at run time. The shape that the file states comes first.
  void output_at_most(std::size_t k, Shape shape, std::optional<std::int32_t> type = {});
  // The node that decides at run time on sizes of operands or outputs; null where all are known.
  [[nodiscard]] std::shared_ptr<const std::string> bound() const;
  // A constant that the node itself stores; one value throughout is no parameter.
  void stored_output(std::size_t k, Shape shape, std::int32_t type, std::optional<std::vector<double>> contents,
                     const StoredTensor* tensor = nullptr);
  // The output is the same thing as `value` under another name: no layer.
  void forward(std::size_t k, Value value);
  // The output is what integer products add up to; or a scale that belongs to such.
  void mark_accumulator(std::size_t k) {
    if (wants(k) && outputs_[k]) outputs_[k]->value.accumulates = true;
  }
  void mark_scale(std::size_t k) {
    if (wants(k) && outputs_[k]) outputs_[k]->value.is_scale = true;
  }
  void layer(Op op, Dims dims, OwnedOperands owned = {});
  // The shapes depend on values that are known at run time only: the node becomes a layer of kind custom.
  void cannot_derive(std::string reason) { underivable_ = std::move(reason); }
  // The same for want of an operand's shape.
  void cannot_derive_without_shape(std::size_t operand);
  [[nodiscard]] const std::optional<std::string>& underivable() const { return underivable_; }
  // " since 'Swirl_0 (Swirl)'" where it was another node that stopped the inference of shapes; else empty.
  [[nodiscard]] const std::string& stopped() const { return stopped_; }
  // The outputs are as was said, the work is of a kind that no layer describes: the node becomes a layer of kind
  // custom.
  void without_model(std::string reason) { unmodelled_ = std::move(reason); }
  [[nodiscard]] const std::optional<std::string>& unmodelled() const { return unmodelled_; }
  // Makes the node a layer of kind custom, which forgets the outputs unless they are kept. The reason is empty for
  // operators that we do not know.
  enum class Outputs { forgotten, kept };
  void become_custom(const std::string& reason, Outputs outputs = Outputs::forgotten);
  // The activation that the operator does on its way out, by its ONNX name; empty: none. Pre: layer() was called.
  void fuse(std::string_view activation);
  // What was guessed of the layer's work: its price is an approximation. Pre: layer() was called.
  void assume(std::string_view assumption) { layer_->assumption = shortened(assumption, kLongestText); }
  // Writes layer and outputs into the graph.
  void commit();

  [[noreturn]] void fail(const std::string& what) const;
  [[nodiscard]] double checked(double extent, std::string_view what) const;  // in [1, 2^53]; else fails
  [[nodiscard]] std::string label() const { return node_label(node_, position_); }
  // Says what became of the node or of a value, where somebody wants to know; `detail` is a callable that gives the
  // words.
  template <class Words>
  void log(ImportFact::Kind kind, std::string_view value, Words&& detail) {
    has_logged_ = true;
    builder_.log([&] {
      return ImportFact{kind, label(), clean_text(node_.type), clean_text(value), std::forward<Words>(detail)()};
    });
  }

 private:
  // Fails where the attribute holds a value of another kind than the wanted one.
  void expect(const Attribute& found, bool holds, std::string_view wanted) const;
  struct Output {
    Value value;
    bool forwarded = false;
  };
  void check_output_shape(const Shape& shape) const;
  void commit_constants();
  bool may_evaluate(double results);
  void fold_into(Value& value, std::size_t position);
  void carry_channel_widths(const Value& from, Value& to) const;
  void commit_layer();
  void commit_node(std::vector<TensorId> written);
  [[nodiscard]] std::optional<NumberFormat> held_width() const;
  [[nodiscard]] Origin folded_origin() const;
  [[nodiscard]] std::shared_ptr<const std::string> bound_of_outputs() const;
  void log_buffers();
  void log_custom();
  void log_folded();
  [[nodiscard]] std::string unknown_since() const;

  GraphBuilder& builder_;
  const Node& node_;
  std::size_t position_;
  std::vector<const Value*> inputs_;
  std::vector<std::optional<Output>> outputs_;
  std::optional<Layer> layer_;
  OwnedOperands owned_;
  std::optional<std::string> underivable_;
  std::string stopped_;
  std::shared_ptr<const std::string> bound_;  // by the node itself
  bool has_logged_ = false;
  std::optional<std::string> unmodelled_;
};

}  // namespace hwcost::onnx
