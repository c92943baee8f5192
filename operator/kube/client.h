#pragma once
// The Kubernetes API as the operator needs it: a few verbs on JSON text, errors as the API names
// them.
//
// Text in, text out: what to keep of an object is its reader's business (a projection), so no DOM
// of a whole object ever exists here.
//
// Threads: every call blocks the calling thread and may be made from many threads at once.
// Errors: values. 429 and 5xx answers that carry Retry-After are waited for and repeated while the
// call's deadline allows; a 401 re-reads the credentials and repeats once. A POST or PATCH is
// repeated only after 401, 429 or 503, which are sent before a request is handled: any other 5xx
// may come from a server that did what it was asked (ApiError::maybe_applied).

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "operator/kube/transport.h"

namespace bootstrap::kube {

// A kind of object as its URL names it, e.g. {"batch", "v1", "jobs"}; core: group "".
struct Resource {
  std::string_view group;
  std::string_view version;
  std::string_view plural;
};

namespace resources {
inline constexpr Resource kWorkflows{"bootstrap.openshift.io", "v1alpha1", "bootstrapworkflows"};
inline constexpr Resource kTemplates{"bootstrap.openshift.io", "v1alpha1",
                                     "bootstrapworkflowtemplates"};
inline constexpr Resource kJobs{"batch", "v1", "jobs"};
inline constexpr Resource kPods{"", "v1", "pods"};
inline constexpr Resource kEvents{"", "v1", "events"};
inline constexpr Resource kServiceAccounts{"", "v1", "serviceaccounts"};
inline constexpr Resource kClaims{"", "v1", "persistentvolumeclaims"};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases"};
inline constexpr Resource kControllerRevisions{"apps", "v1", "controllerrevisions"};
inline constexpr Resource kSubjectAccessReviews{"authorization.k8s.io", "v1",
                                                "subjectaccessreviews"};
}  // namespace resources

// An answer of the API server that is not success, or none at all.
struct ApiError {
  enum class Kind {
    NotFound,         // 404
    AlreadyExists,    // 409, reason AlreadyExists
    Conflict,         // 409 otherwise: the resourceVersion was not the newest
    Expired,          // 410: the resourceVersion is gone; list again
    Forbidden,        // 403: RBAC, quota, admission
    Unauthorized,     // 401
    Invalid,          // 400, 422: repeating it is of no use
    TooManyRequests,  // 429 for longer than the deadline
    Unavailable,      // 5xx
    NoAnswer,         // the transport failed
    Cancelled         // by the stop token
  };
  Kind kind = Kind::NoAnswer;
  int code = 0;           // HTTP status; 0 without an answer
  std::string reason{};   // of the Status object, e.g. "NotFound"; "" without one
  std::string message{};  // of the Status object, or the transport's
  std::optional<std::chrono::seconds> retry_after{};
  bool maybe_applied = false;  // a write may have been done although no success was seen
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

struct ListOptions {
  std::string label_selector{};
  std::string field_selector{};
  int limit = 500;
  std::string continue_token{};    // of the page before
  std::string resource_version{};  // "" = consistent: what is stored now
};

struct WatchOptions {
  std::string label_selector{};
  std::string field_selector{};
  std::string resource_version{};  // "" with send_initial_events
  bool send_initial_events = false;
  std::chrono::seconds timeout{290};  // the server ends the watch then
};

struct LogOptions {
  std::string container{};
  bool follow = false;              // until the container has ended
  std::optional<int> tail_lines{};  // the last ones only
};

// Answers what an HTTP request is about, for metrics: verb ("get", "list", "watch", "create",
// "patch", "delete"), resource ("pods", "jobs/status"), HTTP status (0: no answer), duration.
using RequestObserver = std::function<void(std::string_view verb, std::string_view resource,
                                           int code, std::chrono::microseconds)>;

// The bearer token to send, if any; see credentials.h.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  virtual std::string token() = 0;                    // "" = none (client certificate)
  virtual void rejected(std::string_view token) = 0;  // the server answered 401 to it
};

class Client {
 public:
  struct Options {
    std::chrono::milliseconds deadline{15'000};  // of one call, repeats included
    std::stop_token stop{};                      // ends every call
    RequestObserver observer{};                  // may be empty
    // Waits before a repeat; tests replace it. Returns false when stopped meanwhile.
    std::function<bool(std::chrono::milliseconds, std::stop_token)> pause{};
    // Measures the deadline and the observer's durations; empty: the steady clock.
    std::function<std::chrono::steady_clock::time_point()> now{};
  };

  // Both must outlive the client. `tokens` may be null.
  Client(Transport& transport, TokenSource* tokens, Options options);

  ApiResult<std::string> get(const Resource&, std::string_view ns, std::string_view name);
  // Any path, e.g. "/apis", "/version".
  ApiResult<std::string> get_path(std::string_view path);
  // One page, as the server sent it (a List object). An empty namespace means all.
  ApiResult<std::string> list(const Resource&, std::string_view ns, const ListOptions&);
  // The answer to a write has the object's metadata and may have nothing else of it.
  ApiResult<std::string> create(const Resource&, std::string_view ns, std::string_view json);
  // An object that is an answer and nothing else, e.g. a SubjectAccessReview: it comes back whole.
  ApiResult<std::string> review(const Resource&, std::string_view json);
  // A token of a ServiceAccount, for as long as is asked: a TokenRequest with its status.
  ApiResult<std::string> request_token(std::string_view ns, std::string_view account,
                                       std::chrono::seconds lifetime);
  // RFC 7386 on the object, or on its status.
  ApiResult<std::string> merge_patch(const Resource&, std::string_view ns, std::string_view name,
                                     std::string_view json);
  ApiResult<std::string> merge_patch_status(const Resource&, std::string_view ns,
                                            std::string_view name, std::string_view json);
  // Only if the object still has this UID (empty: whichever) and is still as it was (0: whatever
  // has become of it). Dependents go afterwards (Background), or before it: then it stays, marked
  // as being deleted, until the last of them is gone.
  enum class Dependents { Background, Foreground };
  struct Precondition {
    std::string_view uid;
    std::uint64_t resource_version = 0;
  };
  ApiResult<std::string> remove(const Resource&, std::string_view ns, std::string_view name,
                                Precondition only, Dependents dependents = Dependents::Background);
  // Streams watch events, one JSON object a line, to the sink until the server ends the stream. An
  // answer that is not 2xx is an error as above. `stop` ends this watch only.
  ApiResult<void> watch(const Resource&, std::string_view ns, const WatchOptions&, Sink&,
                        std::stop_token stop);
  // Streams what a container of a pod has printed to the sink, as it is. `stop` ends this only. The
  // operator itself may not read logs.
  ApiResult<void> read_log(std::string_view ns, std::string_view pod, const LogOptions&, Sink&,
                           std::stop_token stop);

 private:
  ApiResult<void> stream(std::string_view verb, std::string_view resource, Request request,
                         StreamLimits limits, Sink& sink, const std::stop_token& stop);
  ApiResult<std::string> call(std::string_view verb, std::string_view resource, Request request);
  void observe(std::string_view verb, std::string_view resource, int code,
               std::chrono::steady_clock::time_point began) const;

  Transport& transport_;
  TokenSource* tokens_;
  Options options_;
};

// An ApiError from an answer: reason and message of its Status object when it has one. Also for the
// object of a watch event of type ERROR (code from the Status itself).
ApiError error_from_status(int http_code, std::string_view body);

}  // namespace bootstrap::kube
