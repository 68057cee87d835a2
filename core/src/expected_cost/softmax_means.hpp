// Variables that are means of softmaxes over rows of logits, and the way back for derivatives.
#pragma once

#include <span>
#include <vector>

#include "hwcost/expected_cost.hpp"

namespace hwcost {

// Throws InputError where the logits do not fit the blocks.
void check_logits(const std::vector<ExpectedCost::Block>& blocks, const ExpectedCost::Logits& logits);

// Of every row its softmax, where its logits are; and the variables.
void take_softmax_means(const std::vector<ExpectedCost::Block>& blocks, const ExpectedCost::Logits& logits,
                        std::span<double> softmax, std::span<double> variables);

// From the derivatives by the variables to those by the logits.
void pass_to_logits(const std::vector<ExpectedCost::Block>& blocks, const ExpectedCost::Logits& logits,
                    std::span<const double> softmax, std::span<const double> by_variables, std::span<double> by_logits);

}  // namespace hwcost
