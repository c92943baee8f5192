#pragma once
// A Kubernetes API server in memory: what a client sees of it over HTTP, without the network.
//
// The parts: resource_types (what kinds there are), object_store (versions and the log), validation
// and verbs (what a write does), watches (who is told, and when), request_target, selectors and
// api_status (reading requests, saying no). This class routes requests to them and writes the
// bodies.
//
// It answers at once and without faults; time passes and things break in SimTransport. Tested
// against what the real server does in sim_api_server_test.cpp.
//
// Threads: one thread. Nothing throws for anything a client may send.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "operator/kube/transport.h"
#include "tests/simulation/object_store.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/verbs.h"
#include "tests/simulation/watches.h"

namespace bootstrap::simulation {

// Whose request it is: that of an operator process, counted from 1, or of nobody in particular.
// Late is one that is done long after its sender has given it up.
struct Sender {
  std::size_t process = 0;
  bool late = false;
};

class SimApiServer {
 public:
  SimApiServer(Scheduler& scheduler, Random random, WatchSettings settings = {});

  kube::Response handle(const kube::Request&, Sender = {});
  // Of the request that is being handled.
  const Sender& sender() const { return sender_; }

  // A watch begins: with status 200 and a handle, or with the body of a refusal.
  struct Opened {
    kube::Response head;
    Watches::Handle handle = 0;
  };
  Opened open_watch(std::string_view target, std::function<void()> on_ready = {});

  ObjectStore& store() { return store_; }
  const ObjectStore& store() const { return store_; }
  Verbs& verbs() { return verbs_; }
  Watches& watches() { return watches_; }

  // Whether a SubjectAccessReview is answered with yes; empty: always.
  std::function<bool(const Json& review)> allows;
  // Whether the operator may list and watch a kind; empty: everything.
  std::function<bool(const ResourceType&)> may_read;

 private:
  kube::Response read(const ResourceType&, const struct RequestTarget&);
  kube::Response list(const ResourceType&, const struct RequestTarget&);
  kube::Response write(const ResourceType&, const struct RequestTarget&, const kube::Request&);
  kube::Response patch(const ResourceType&, const struct RequestTarget&, const kube::Request&);
  kube::Response remove(const ResourceType&, const struct RequestTarget&, const std::string& body);
  kube::Response discovery(const struct RequestTarget&);
  kube::Response outside_resources(const struct RequestTarget&, const kube::Request&);
  std::uint64_t some_version_ago();

  kube::Response handle_now(const kube::Request&);

  Sender sender_;
  Random random_;
  ObjectStore store_;
  Verbs verbs_;
  Watches watches_;
};

}  // namespace bootstrap::simulation
