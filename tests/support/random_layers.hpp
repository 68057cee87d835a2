// The random layers of the conformance kit.
#pragma once

#include "../../core/conformance/random_layers.hpp"
