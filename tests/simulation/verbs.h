#pragma once
// Create, patch and delete as the API server does them, without HTTP: admission, defaults, status
// subresources, preconditions, finalizers, graceful deletion.
//
// HTTP requests and the simulated controllers come through here, so both obey the same rules. What
// matters for a Job or a workflow is checked; the rest of a schema is not.
//
// Threads: one thread. Refusals are values.

#include <functional>
#include <string>
#include <string_view>

#include "tests/simulation/api_status.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/random.h"

namespace bootstrap::simulation {

struct DeleteOptions {
  std::string uid;           // only this one; "": whichever
  std::string version = {};  // only as it is then; "": whatever has become of it
  bool force = false;        // grace period 0
  bool foreground = false;   // it stays until all that it owns is gone
};

// On an object that is deleted in the foreground.
inline constexpr const char* kForegroundDeletion = "foregroundDeletion";

class Verbs {
 public:
  enum class Part { Main, Status };

  Verbs(ObjectStore& store, const runtime::Clock& clock, Random random)
      : store_(store), clock_(clock), random_(random) {}

  Answer<Object> create(const ResourceType&, std::string_view ns, Json object);
  // RFC 7386. A metadata.resourceVersion in the patch is a precondition.
  Answer<Object> patch(const ResourceType&, const ObjectKey&, const Json& patch, Part);
  // The answer is the object as it was left, or as it was before it was gone.
  Answer<Object> remove(const ResourceType&, const ObjectKey&, const DeleteOptions&);

  // The garbage collector has found that nothing it owns is left.
  void dependents_are_gone(const ResourceType&, const ObjectKey&);

  // What a quota or an admission plug-in says to a create; empty: let it pass.
  std::function<std::optional<ApiStatus>(const ResourceType&, const Json&)> admission;

  ObjectStore& store() { return store_; }
  const ObjectStore& store() const { return store_; }

 private:
  // Removes an object that waits for nothing any more.
  bool finish_deletion(const ResourceType&, const Object&);

  ObjectStore& store_;
  const runtime::Clock& clock_;
  Random random_;
};

}  // namespace bootstrap::simulation
