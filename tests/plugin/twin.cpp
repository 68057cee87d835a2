// Two plugins of this file have models of one name that differ: HWCOST_TWIN is 1 or 2, and so are the cycles of a MAC.
#include "hwcost/plugin_author.hpp"

using namespace hwcost;

struct Model {
  template <class T>
  struct Params {
    template <class Self, class F>
    static void visit(Self&, F&&) {}
  };
  static BackendTraits traits(const Params<double>&) {
    BackendTraits traits;
    traits.metrics = {Metric::latency_cycles};
    return traits;
  }
  template <class T>
  static Cost<T> cost(const Params<T>&, Op op, const Linear<T>& d, const Widths<T>&) {
    return {.compute = cycles(work(op, d).macs * T(HWCOST_TWIN))};
  }
  template <class Verdict>
  static Status check(const Params<double>&, Op, const Linear<>&, const Widths<>&, Verdict&&) {
    return Status::priced;
  }
};

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
HWCOST_PLUGIN("twin" TEXT(HWCOST_TWIN), "one of two", Model)
