#pragma once
// LIST: consistent pages of the objects a request selects.
//
// Threads: one thread. Refusals are values.

#include "tests/simulation/api_status.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/request_target.h"

namespace bootstrap::simulation {

// The List object as of `version`, or as of the version of its continue token: all pages of a list
// show the same moment.
Answer<Json> list_page(const ObjectStore&, const ResourceType&, const RequestTarget&,
                       std::uint64_t version);

}  // namespace bootstrap::simulation
