// Layers as columns, as the conformance kit has them.
#pragma once

#include "../../core/conformance/batch_columns.hpp"
