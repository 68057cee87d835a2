// What crosses between C callers and the library.
#pragma once

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "hwcost/hwcost.h"
#include "hwcost/machine.hpp"
#include "hwcost/price_table.hpp"
#include "hwcost/report.hpp"

struct hwcost_machine {
  hwcost::Machine machine;
};

struct hwcost_report {
  hwcost::NetworkReport report;
};

struct hwcost_price_table {
  hwcost::PriceTable table;
};

namespace hwcost::c_api {

inline void say(hwcost_message* message, const char* words) {
  if (message != nullptr && message->text != nullptr && message->size > 0)
    std::snprintf(message->text, message->size, "%s", words);
}

// The value of f(), or `otherwise` and the reason in `error` where it throws: nothing that it throws reaches the
// caller.
template <class T, class F>
T inside(hwcost_message* error, T otherwise, F&& f) noexcept {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    say(error, "error: out of memory");
  } catch (const InputError& fault) {
    say(error, fault.what());
  } catch (const std::exception& fault) {
    say(error, (std::string("error: ") + fault.what()).c_str());
  }
  return otherwise;
}

// A caller's mistake: `what` is NULL, or another thing that cannot be.
[[noreturn]] inline void refuse(const std::string& what) { throw std::invalid_argument(what); }
template <class T>
T& required(T* pointer, const char* name) {
  if (pointer == nullptr) refuse(std::string(name) + " is NULL");
  return *pointer;
}
// A struct that is as large as the first version of this interface has it.
template <class T>
const T& required_struct(const T* pointer, const char* name) {
  if (required(pointer, name).struct_size < sizeof(T)) refuse(std::string(name) + "->struct_size is too small");
  return *pointer;
}

}  // namespace hwcost::c_api
