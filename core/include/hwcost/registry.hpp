// The set of backends that a program can choose from. A value: no globals, no static constructors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hwcost/backend.hpp"
#include "hwcost/description.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

struct BackendEntry {
  std::string name;     // matches `backend` in a description
  std::string summary;  // one line
  std::function<std::unique_ptr<const Backend>(const Description&)> make;
  std::string file = {};  // of the plugin that it is in; empty: built in
};

class HWCOST_EXPORT Registry {
 public:
  // Throws InputError at the entry's file where the name is taken: two models under one name is never meant.
  void add(BackendEntry entry);
  // The model that the description asks for, corrected by the learned residual that it names. Throws InputError at the
  // description's `backend`, naming the known ones, and where the residual is not to be had or is another one.
  [[nodiscard]] std::unique_ptr<const Backend> make(const Description& description) const;
  [[nodiscard]] std::vector<const BackendEntry*> entries() const;  // by name

 private:
  std::map<std::string, BackendEntry, std::less<>> entries_;
};

// Every in-tree backend, one line each in backends/builtin.cpp; nothing registers itself.
HWCOST_EXPORT Registry builtin_registry();

}  // namespace hwcost
