#include "softmax_means.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hwcost/error.hpp"

namespace hwcost {
namespace {

using Block = ExpectedCost::Block;
using Logits = ExpectedCost::Logits;

bool is_soft(const Block& block) { return block.kind != Block::Kind::channels; }

// Calls f(block, its number of rows, place of its first logit).
template <class F>
void for_each_block(const std::vector<Block>& blocks, const Logits& logits, F&& f) {
  std::size_t first = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    f(blocks[b], logits.rows[b], first);
    first += logits.rows[b] * blocks[b].size;
  }
}

void take_softmax(std::span<const double> logits, double temperature, std::span<double> softmax) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  for (std::size_t k = 0; k < logits.size(); ++k) softmax[k] = std::exp((logits[k] - highest) / temperature);
  const double sum = std::accumulate(softmax.begin(), softmax.end(), 0.0);
  for (double& share : softmax) share /= sum;
}

}  // namespace

void check_logits(const std::vector<Block>& blocks, const Logits& logits) {
  if (!(logits.temperature > 0.0 && std::isfinite(logits.temperature) && std::isfinite(1.0 / logits.temperature))) {
    throw InputError(
        {}, fmt::format("temperature is {}, wanted a number above 0 that can be divided by", logits.temperature));
  }
  if (logits.rows.size() != blocks.size()) {
    throw InputError({}, fmt::format("there are rows of {} blocks, wanted {}", logits.rows.size(), blocks.size()));
  }
  std::size_t wanted = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::size_t most = is_soft(blocks[b]) ? logits.values.size() / blocks[b].size : 1;
    if (logits.rows[b] == 0 || logits.rows[b] > std::max<std::size_t>(most, 1)) {
      throw InputError({}, fmt::format("'{}' has {} rows of {} logits, and there are {} logits in all", blocks[b].name,
                                       logits.rows[b], blocks[b].size, logits.values.size()));
    }
    wanted += logits.rows[b] * blocks[b].size;
  }
  if (logits.values.size() != wanted) {
    throw InputError({}, fmt::format("there are {} logits, wanted {}", logits.values.size(), wanted));
  }
}

void take_softmax_means(const std::vector<Block>& blocks, const Logits& logits, std::span<double> softmax,
                        std::span<double> variables) {
  for_each_block(blocks, logits, [&](const Block& block, std::size_t rows, std::size_t first) {
    const std::span<double> means = variables.subspan(block.offset, block.size);
    if (!is_soft(block)) {
      means.front() = logits.values[first];
      return;
    }
    std::fill(means.begin(), means.end(), 0.0);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::span<double> shares = softmax.subspan(first + row * block.size, block.size);
      take_softmax(logits.values.subspan(first + row * block.size, block.size), logits.temperature, shares);
      for (std::size_t k = 0; k < block.size; ++k) means[k] += shares[k];
    }
    for (double& mean : means) mean /= static_cast<double>(rows);
  });
}

void pass_to_logits(const std::vector<Block>& blocks, const Logits& logits, std::span<const double> softmax,
                    std::span<const double> by_variables, std::span<double> by_logits) {
  for_each_block(blocks, logits, [&](const Block& block, std::size_t rows, std::size_t first) {
    const std::span<const double> by_means = by_variables.subspan(block.offset, block.size);
    if (!is_soft(block)) {
      by_logits[first] = by_means.front();
      return;
    }
    const double times = 1.0 / (static_cast<double>(rows) * logits.temperature);
    for (std::size_t row = first; row < first + rows * block.size; row += block.size) {
      const std::span<const double> shares = softmax.subspan(row, block.size);
      const double mean = std::inner_product(shares.begin(), shares.end(), by_means.begin(), 0.0);
      for (std::size_t k = 0; k < block.size; ++k) by_logits[row + k] = shares[k] * (by_means[k] - mean) * times;
    }
  });
}

}  // namespace hwcost
