#pragma once
// Whether a ServiceAccount may read something: asked of the API server by a SubjectAccessReview
// with the groups that a token of the account would have.
//
// A yes is believed for five minutes, a no for some seconds: somebody may be about to grant it.
//
// Threads: safe from any; may block for a request. Errors: an answer of its own (Unavailable).

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "controllers/questions.h"
#include "operator/discovery.h"
#include "operator/kube/client.h"
#include "operator/runtime/clock.h"

namespace bootstrap {

class AccessReviews {
 public:
  static constexpr Duration kYesFor{5 * 60'000};
  static constexpr Duration kNoFor{4'000};

  AccessReviews(kube::Client& client, const runtime::Clock& clock, Discovery& discovery)
      : client_(client), clock_(clock), discovery_(discovery) {}

  // In this namespace. Of a kind that does not exist there is nothing to read: yes.
  Found<bool> ask(const std::string& ns, const MayRead&);

 private:
  using Key = std::pair<std::string, MayRead>;
  struct Known {
    bool allowed = false;
    runtime::SteadyPoint until;
  };

  Found<bool> review(const std::string& ns, const MayRead&, const ApiResource&);

  kube::Client& client_;
  const runtime::Clock& clock_;
  Discovery& discovery_;
  std::mutex mutex_;
  std::map<Key, Known> known_;
};

}  // namespace bootstrap
