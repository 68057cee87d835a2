// What a model's check answers through.
#pragma once

#include <string>
#include <utility>

#include "hwcost/batch.hpp"

namespace hwcost {

// A reason is a callable that gives its words, called only where somebody listens: the batch path asks for the status
// alone.
class SilentVerdict {
 public:
  template <class Words>
  static constexpr Status refuse(Words&&) {
    return Status::unsupported;
  }
  template <class Words>
  static constexpr Status approximate(Words&&) {
    return Status::approximated;
  }
};

class SpokenVerdict {
 public:
  explicit SpokenVerdict(std::string& words) : words_(&words) {}
  template <class Words>
  Status refuse(Words&& words) {
    *words_ = std::forward<Words>(words)();
    return Status::unsupported;
  }
  template <class Words>
  Status approximate(Words&& words) {
    *words_ = std::forward<Words>(words)();
    return Status::approximated;
  }

 private:
  std::string* words_;
};

}  // namespace hwcost
