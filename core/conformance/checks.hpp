// The checks: each asks one backend about the same random layers and writes down what it finds.
#pragma once

#include <vector>

#include "recorder.hpp"

namespace hwcost::testing {

struct Subject {
  const Backend& backend;
  const std::vector<Layer>& layers;  // of every operator, each with one width; those of an operator together
};

// Prices (check_prices.cpp)
void batch_equals_scalar(const Subject& subject, Recorder& record);
void many_threads_get_the_same_bits(const Subject& subject, Recorder& record);
void figures_are_finite_and_not_negative(const Subject& subject, Recorder& record);
void prices_some_layer(const Subject& subject, Recorder& record);
void every_metric_is_somewhere_above_0(const Subject& subject, Recorder& record);
void zero_work_costs_nothing(const Subject& subject, Recorder& record);
void cost_never_falls(const Subject& subject, Recorder& record);
void mixed_widths_add_up(const Subject& subject, Recorder& record);

// Refusals (check_refusals.cpp)
void refusals_have_words(const Subject& subject, Recorder& record);
void no_answer_is_faulty(const Subject& subject, Recorder& record);
void unknown_operators_are_refused(const Subject& subject, Recorder& record);
void what_is_no_count_is_refused(const Subject& subject, Recorder& record);
void floating_point_is_refused(const Subject& subject, Recorder& record);

// Derivatives (check_gradients.cpp)
void gradient_has_the_same_value(const Subject& subject, Recorder& record);
void gradient_by_some_is_that_by_all(const Subject& subject, Recorder& record);
void relaxed_gradient_agrees(const Subject& subject, Recorder& record);

}  // namespace hwcost::testing
