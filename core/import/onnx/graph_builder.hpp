// The graph while it grows, and what is known of every value of the file so far.
#pragma once

#include <boost/container/deque.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "copy_limits.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/import/onnx.hpp"
#include "limits.hpp"
#include "value.hpp"
#include "value_uses.hpp"

namespace hwcost::onnx {

using Symbols = std::unordered_map<std::string_view, std::int64_t>;  // values of symbolic dimensions

// How a tensor is read: as it is, or through quantisers only (they decide how it is stored then).
struct TensorReads {
  bool plain = false;
  std::vector<NumberFormat> quantized;
};

// Nodes that became layers of kind custom, or whose outputs have the largest shapes that they can have; in order.
struct UnmodelledNode {
  std::string what;  // the operator
  std::string why{};
  std::string label{};  // of the node
  bool is_bound = false;
};

// Throws InputError where ONNX does not define the element type of an input or tensor, which is `which`.
void check_type(const std::string& file, std::string_view which, std::string_view name, std::int32_t type);

// The copy of a subgraph.
struct Adopted {
  explicit Adopted(Body copy) : body(std::move(copy)), uses(body) {}
  Body body;
  ValueUses uses;
};

class GraphBuilder {
 public:
  // `log` may be null. The model and its uses must outlive the builder.
  GraphBuilder(const Model& model, const ValueUses& uses, std::string file, ImportLog* log);

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  Graph& graph() { return graph_; }

  void note(std::string_view sentence) { graph_.notes.push_back(shortened(sentence, kLongestText)); }
  // Adds a fact where somebody wants to know; `fact` is a callable that makes it.
  template <class Fact>
  void log(Fact&& fact) {
    if (log_ != nullptr) log_->facts.push_back(std::forward<Fact>(fact)());
  }

  // Values by name. Pre of value(): somebody defined it, which execution_order() has checked.
  [[nodiscard]] const Value* find(std::string_view name) const;
  void define(Value value);
  // The value under another name. It is its quantiser's alone where nobody else reads the name that it has now.
  [[nodiscard]] Value renamed(Value value, std::string_view name) const;
  // Times that nodes and the network's outputs read the name.
  [[nodiscard]] std::size_t readers(std::string_view name) const;
  // The file's own statement of shape and type; nothing where it has none or its symbols are not bound.
  [[nodiscard]] std::optional<Shape> declared_shape(std::string_view name) const;
  // The same for a value of a body that is not taken in; extents may be 0.
  [[nodiscard]] std::optional<Shape> stated_shape(const ValueInfo& info) const;
  // The same where it still holds: behind operators whose shapes we cannot derive it does not once an option has
  // changed an input's shape.
  std::optional<Shape> trusted_shape(std::string_view name);
  void inputs_changed() { inputs_changed_ = true; }
  // Whether a shape that the file states was not taken for that reason.
  [[nodiscard]] bool has_distrusted() const { return has_distrusted_; }
  [[nodiscard]] std::optional<std::int32_t> declared_type(std::string_view name) const;
  void bind(Symbols symbols) { symbols_ = std::move(symbols); }

  // A constant's elements; null where they are large, elsewhere or not known. Lives as long as the builder.
  const std::vector<double>* contents(const Value& value);
  // Memory that one more folded constant of that size may take; false where the file asks for too much of it.
  bool may_fold(double elements);
  // Work of evaluating one more constant, in elements that are read and written; false as above.
  bool may_evaluate(double elements);

  std::size_t new_parameter() { return next_parameter_++; }
  // Makes the value a constant with its elements stored in the file: the same parameter whenever it is the same tensor,
  // which copies of a body have in common.
  void make_parameter(Value& value, const StoredTensor* tensor = nullptr);
  // The node that owns the parameter; nothing the first time, when the next node becomes its owner.
  std::optional<NodeId> claim(std::size_t parameter) {
    const auto [owner, is_first] = owners_.try_emplace(parameter, graph_.nodes.size());
    if (!is_first) return owner->second;
    claims_.push_back(parameter);
    return std::nullopt;
  }

  // A parameter that is computed from several.
  std::size_t combined_parameter(std::vector<OriginPart> parts);
  // What a node reads: as a weight of its own, or counted in its extents.
  enum class Reading { weight, counted };
  void note_reading(Reading kind, std::vector<OriginPart> parts, NodeId node) {
    readings_.push_back({node, kind, std::move(parts)});
  }
  // When all nodes are read: gives each stored tensor that no layer has as its weight to the first that counts it.
  void settle_counted_parameters();

  // Elements of scales of blocks, which belong to the model's size and are in no layer's.
  void count_block_scales(double elements) { block_scales_ += elements; }
  [[nodiscard]] double block_scales() const { return block_scales_; }
  void add_unmodelled(UnmodelledNode node) { unmodelled_.push_back(std::move(node)); }
  // One note for each operator and reason.
  void note_unmodelled();

  // Names that are in no file; they live as long as the builder.
  std::deque<std::string>& texts() { return texts_; }
  // Takes in the copy of a subgraph: its initializers are defined, its value infos and readers count.
  const Adopted& adopt(Body body);
  // Fails where bodies, each copied for every node that has it, make too many nodes. `label` is that node's.
  void count_copied(std::size_t nodes, const std::string& label);
  CopyLimits& copy_limits() { return copy_limits_; }

  // Whether that many nodes more may be made by unrolling loops.
  bool may_unroll(std::size_t nodes);

  // What an attempt at importing nodes adds, so that it can be undone. What stays: values and bodies, whose names
  // nobody reads any more, what bounds the work and memory of all attempts together (folded elements, copied nodes),
  // and how often an attempt reads a name from outside: the node that has the body reads it besides, so it is not one's
  // alone.
  struct Mark {
    std::size_t nodes, tensors, notes, facts, claims, readings, unmodelled, changed_reads;
    double block_scales;
    bool has_distrusted;
  };
  [[nodiscard]] Mark mark() const;
  void undo(const Mark& mark);
  // Undoes it and keeps it, so that reattach() can do it again where the builder is as it was at the mark.
  struct Detached;
  Detached detach(const Mark& mark);
  void reattach(Detached part);
  // Nodes without a model since the mark.
  [[nodiscard]] std::size_t unmodelled_since(const Mark& mark) const;

  TensorId add_tensor(std::string_view name, const std::optional<Shape>& shape, NumberFormat format);
  void set_shape(TensorId tensor, const std::optional<Shape>& shape);
  [[nodiscard]] const TensorReads& reads(TensorId tensor) const { return reads_[tensor]; }
  void read_as_it_is(TensorId tensor);
  // Returns the quantiser's position among those of the tensor.
  std::size_t read_quantized(TensorId tensor, NumberFormat format);
  void narrow_quantizer(TensorId tensor, std::size_t quantizer, NumberFormat format);

 private:
  // What is known of a name.
  struct Named {
    Value* value = nullptr;
    const ValueInfo* declared = nullptr;
    std::size_t readers = 0;
  };
  // They stay where they are.
  using Values =
      boost::container::deque<Value, void, boost::container::deque_options<boost::container::block_size<256>>::type>;

  struct NodeReading {
    NodeId node = 0;
    Reading kind = Reading::weight;
    std::vector<OriginPart> parts;
  };

  [[nodiscard]] const Named* named(std::string_view name) const;
  void take_in(const Body& body, const ValueUses& uses);
  void note_left_constants();

  // A change of a tensor's reads: what the quantiser's format was before, or that it is new.
  struct ChangedReads {
    TensorId tensor = 0;
    std::optional<std::size_t> quantizer{};  // nothing: the tensor was not read as it is
    std::optional<NumberFormat> before{};    // of the quantiser
    NumberFormat after{};                    // of the quantiser
  };
  void undo(const ChangedReads& change);
  void redo(const ChangedReads& change);

  const Model& model_;
  std::string file_;
  ImportLog* log_;
  Graph graph_;
  std::vector<TensorReads> reads_;           // parallel to graph_.tensors
  std::vector<ChangedReads> changed_reads_;  // in order
  NameMap<Named> names_;
  Values values_;
  std::unordered_map<const StoredTensor*, std::shared_ptr<const std::vector<double>>> read_contents_;
  std::unordered_map<const char*, std::size_t> stored_parameters_;  // by the place of the tensor in the file
  std::unordered_map<std::size_t, NodeId> owners_;                  // by parameter
  std::vector<std::size_t> claims_;    // parameters, in the order in which they found an owner
  std::vector<NodeReading> readings_;  // in order
  std::unordered_map<std::size_t, std::vector<OriginPart>> combined_;  // by parameter
  std::vector<UnmodelledNode> unmodelled_;
  std::deque<std::string> texts_;
  std::deque<Adopted> bodies_;
  Symbols symbols_;
  bool inputs_changed_ = false;
  bool has_distrusted_ = false;
  std::size_t next_parameter_ = 1;
  std::size_t copied_nodes_ = 0;
  std::size_t unrolled_nodes_ = 0;
  CopyLimits copy_limits_;
  double folded_elements_ = 0.0;
  double evaluated_elements_ = 0.0;
  bool has_noted_constants_ = false;
  double block_scales_ = 0.0;
};

// What an attempt added: the builder's own, for others to keep and to give back.
struct GraphBuilder::Detached {
  std::vector<hwcost::Node> nodes;
  std::vector<Tensor> tensors;
  std::vector<TensorReads> reads;  // of these tensors, parallel to them
  std::vector<std::string> notes;
  std::vector<ImportFact> facts;
  std::vector<std::pair<std::size_t, NodeId>> claims;  // parameters, and who owns them
  std::vector<NodeReading> readings;
  std::vector<UnmodelledNode> unmodelled;
  std::vector<ChangedReads> changed_reads;
  double block_scales = 0.0;
  bool has_distrusted = false;
};

}  // namespace hwcost::onnx
