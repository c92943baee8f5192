#pragma once
// The state of a resource in this moment, by one list of the live API: for what is decided once.
//
// Only what the test needs is kept of the objects. Threads: as the Client. Errors: values; that
// there is no such kind, or that it may not be read, is a finding.

#include <string>

#include "controllers/questions.h"
#include "operator/discovery.h"
#include "operator/kube/client.h"

namespace bootstrap {

Found<ResourceFinding> look_up(kube::Client&, Discovery&, const std::string& ns,
                               const ResourceQuery&);

}  // namespace bootstrap
