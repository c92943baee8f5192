#pragma once
// b, as statuses have it: what is on record as begun comes after what is on record as done.

#include "tests/simulation/known.h"

namespace bootstrap::simulation {

// `writer` is the operator that has written the status.
void check_order_on_record(const Known&, const Json& status, std::size_t writer, const Complain&);

}  // namespace bootstrap::simulation
