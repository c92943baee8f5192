#include "operator/kube/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "controllers/json_fields.h"
#include "operator/runtime/pause.h"

namespace bootstrap::kube {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Instant = std::chrono::steady_clock::time_point;
using Kind = ApiError::Kind;

// A server that asks for a repeat "now" still gets a moment.
constexpr milliseconds kShortestPause{500};
// A watch that has said nothing for this long is opened anew. A server with anything to watch sends
// a bookmark every minute; one that is quiet for longer is asked again, which costs little. Nothing
// is decided about a workflow before what was written to it has come back, so nobody should wait
// for a watch that is dead until the server would have ended it.
constexpr milliseconds kWatchSilence{150'000};

// A tool may print nothing for hours; that the other side is gone the transport notices by itself.
constexpr std::chrono::hours kLogSilence{24};

// Of what was written we want to know who it is, not read it back. A server that cannot do that
// answers with the whole object, of which the metadata is a part.
constexpr std::string_view kMetadataOnly =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

// RFC 3986: everything but the unreserved characters, so a value can never end its place.
std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string object_path(const Resource& resource, std::string_view ns, std::string_view name = {},
                        std::string_view subresource = {}) {
  std::string path = resource.group.empty() ? "/api" : "/apis/" + percent_encoded(resource.group);
  path += '/' + percent_encoded(resource.version);
  if (!ns.empty()) path += "/namespaces/" + percent_encoded(ns);
  path += '/' + percent_encoded(resource.plural);
  if (!name.empty()) path += '/' + percent_encoded(name);
  if (!subresource.empty()) path += '/' + percent_encoded(subresource);
  return path;
}

// Collects "a=b&c=d"; empty values are left out.
class Query {
 public:
  Query& add(std::string_view key, std::string_view value) {
    if (value.empty()) return *this;
    text_ += text_.empty() ? '?' : '&';
    text_ += key;
    text_ += '=';
    text_ += percent_encoded(value);
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

bool is_write(Method method) {
  return method != Method::Get;
}
bool is_idempotent(Method method) {
  return method != Method::Post && method != Method::Patch;
}

Kind kind_of(int code, std::string_view reason) {
  switch (code) {
    case 401:
      return Kind::Unauthorized;
    case 403:
      return Kind::Forbidden;
    case 404:
      return Kind::NotFound;
    case 408:
      return Kind::Unavailable;
    case 409:
      return reason == "AlreadyExists" ? Kind::AlreadyExists : Kind::Conflict;
    case 410:
      return Kind::Expired;
    case 429:
      return Kind::TooManyRequests;
    default:
      return code >= 500 ? Kind::Unavailable : Kind::Invalid;
  }
}

// 503 and 429 are sent before a request is handled; other 5xx may come after it was.
bool may_have_been_applied(const Request& request, int code) {
  return is_write(request.method) && (code == 408 || (code >= 500 && code != 503));
}

// Whether the answer invites a repeat that cannot do a thing twice.
bool invites_repeat(const Request& request, const Response& response) {
  if (!response.retry_after) return false;
  if (response.status == 429 || response.status == 503) return true;
  return response.status >= 500 && is_idempotent(request.method);
}

ApiError error_of(const Request& request, const Response& response) {
  ApiError error = error_from_status(response.status, response.body);
  if (response.retry_after) error.retry_after = response.retry_after;
  error.maybe_applied = may_have_been_applied(request, response.status);
  return error;
}

ApiError error_of(const Request& request, const TransportError& failure) {
  ApiError error;
  error.kind = failure.kind == TransportError::Kind::Cancelled ? Kind::Cancelled : Kind::NoAnswer;
  error.message = failure.message;
  error.maybe_applied = is_write(request.method) && failure.maybe_applied;
  return error;
}

// Stops when either of two tokens does.
class EitherStop {
 public:
  EitherStop(const std::stop_token& one, const std::stop_token& other)
      : one_(one, Request{&source_}), other_(other, Request{&source_}) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> one_;
  std::stop_callback<Request> other_;
};

}  // namespace

ApiError error_from_status(int http_code, std::string_view body) {
  ApiError error;
  error.code = http_code;
  const auto status = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (status.is_object()) {
    error.reason = text_field(status, "reason");
    error.message = text_field(status, "message");
    if (const auto code = status.find("code");
        http_code < 300 && code != status.end() && code->is_number_integer()) {
      error.code = code->get<int>();
    }
    const auto wait = nlohmann::json::json_pointer("/details/retryAfterSeconds");
    if (status.contains(wait) && status.at(wait).is_number_integer()) {
      error.retry_after = seconds(status.at(wait).get<std::int32_t>());
    }
  }
  if (error.message.empty()) {
    static constexpr std::size_t kQuoted = 200;  // of a proxy's page, say
    error.message = "HTTP " + std::to_string(error.code);
    if (!body.empty()) error.message += ": " + std::string(body.substr(0, kQuoted));
  }
  error.kind = kind_of(error.code, error.reason);
  return error;
}

Client::Client(Transport& transport, TokenSource* tokens, Options options)
    : transport_(transport), tokens_(tokens), options_(std::move(options)) {
  if (!options_.pause) options_.pause = runtime::pause;
  if (!options_.now) options_.now = [] { return std::chrono::steady_clock::now(); };
}

void Client::observe(std::string_view verb, std::string_view resource, int code,
                     Instant began) const {
  if (!options_.observer) return;
  options_.observer(verb, resource, code,
                    duration_cast<std::chrono::microseconds>(options_.now() - began));
}

ApiResult<std::string> Client::call(std::string_view verb, std::string_view resource,
                                    Request request) {
  const Instant end = options_.now() + options_.deadline;
  bool token_renewed = false;
  while (true) {
    if (tokens_ != nullptr) request.bearer_token = tokens_->token();
    const Instant began = options_.now();
    const auto left = duration_cast<milliseconds>(end - began);
    auto answer = transport_.send(request, std::max(left, milliseconds(1)), options_.stop);
    observe(verb, resource, answer ? answer->status : 0, began);
    if (!answer) return tl::unexpected(error_of(request, answer.error()));
    if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);

    if (answer->status == 401 && !token_renewed && !request.bearer_token.empty()) {
      tokens_->rejected(request.bearer_token);
      token_renewed = true;
      continue;
    }
    if (!invites_repeat(request, *answer)) return tl::unexpected(error_of(request, *answer));
    const auto wait = std::max<milliseconds>(*answer->retry_after, kShortestPause);
    if (options_.now() + wait >= end || !options_.pause(wait, options_.stop)) {
      return tl::unexpected(error_of(request, *answer));
    }
  }
}

ApiResult<std::string> Client::get(const Resource& resource, std::string_view ns,
                                   std::string_view name) {
  return call("get", resource.plural, {.target = object_path(resource, ns, name)});
}

ApiResult<std::string> Client::get_path(std::string_view path) {
  return call("get", "path", {.target = std::string(path)});
}

ApiResult<std::string> Client::list(const Resource& resource, std::string_view ns,
                                    const ListOptions& options) {
  Query query;
  query.add("limit", options.limit > 0 ? std::to_string(options.limit) : "")
      .add("continue", options.continue_token)
      .add("labelSelector", options.label_selector)
      .add("fieldSelector", options.field_selector)
      .add("resourceVersion", options.resource_version);
  return call("list", resource.plural, {.target = object_path(resource, ns) + query.text()});
}

ApiResult<std::string> Client::create(const Resource& resource, std::string_view ns,
                                      std::string_view json) {
  return call("create", resource.plural,
              {.method = Method::Post,
               .target = object_path(resource, ns),
               .body = std::string(json),
               .content_type = "application/json",
               .accept = kMetadataOnly});
}

ApiResult<std::string> Client::review(const Resource& resource, std::string_view json) {
  return call("create", resource.plural,
              {.method = Method::Post,
               .target = object_path(resource, ""),
               .body = std::string(json),
               .content_type = "application/json"});
}

ApiResult<std::string> Client::request_token(std::string_view ns, std::string_view account,
                                             std::chrono::seconds lifetime) {
  const nlohmann::json request{{"apiVersion", "authentication.k8s.io/v1"},
                               {"kind", "TokenRequest"},
                               {"spec", {{"expirationSeconds", lifetime.count()}}}};
  return call("create", "serviceaccounts/token",
              {.method = Method::Post,
               .target = object_path(resources::kServiceAccounts, ns, account, "token"),
               .body = request.dump(),
               .content_type = "application/json"});
}

ApiResult<std::string> Client::merge_patch(const Resource& resource, std::string_view ns,
                                           std::string_view name, std::string_view json) {
  return call("patch", resource.plural,
              {.method = Method::Patch,
               .target = object_path(resource, ns, name),
               .body = std::string(json),
               .content_type = "application/merge-patch+json",
               .accept = kMetadataOnly});
}

ApiResult<std::string> Client::merge_patch_status(const Resource& resource, std::string_view ns,
                                                  std::string_view name, std::string_view json) {
  return call("patch", std::string(resource.plural) + "/status",
              {.method = Method::Patch,
               .target = object_path(resource, ns, name, "status"),
               .body = std::string(json),
               .content_type = "application/merge-patch+json",
               .accept = kMetadataOnly});
}

ApiResult<std::string> Client::remove(const Resource& resource, std::string_view ns,
                                      std::string_view name, Precondition only,
                                      Dependents dependents) {
  nlohmann::json how = {
      {"apiVersion", "v1"},
      {"kind", "DeleteOptions"},
      {"propagationPolicy", dependents == Dependents::Foreground ? "Foreground" : "Background"}};
  if (!only.uid.empty()) how["preconditions"]["uid"] = only.uid;
  if (only.resource_version != 0)
    how["preconditions"]["resourceVersion"] = std::to_string(only.resource_version);
  return call("delete", resource.plural,
              {.method = Method::Delete,
               .target = object_path(resource, ns, name),
               .body = how.dump(),
               .content_type = "application/json"});
}

ApiResult<void> Client::watch(const Resource& resource, std::string_view ns,
                              const WatchOptions& options, Sink& sink, std::stop_token stop) {
  Query query;
  query.add("watch", "1")
      .add("allowWatchBookmarks", "true")
      .add("labelSelector", options.label_selector)
      .add("fieldSelector", options.field_selector)
      .add("resourceVersion", options.resource_version)
      .add("timeoutSeconds", std::to_string(options.timeout.count()));
  if (options.send_initial_events) {
    query.add("sendInitialEvents", "true").add("resourceVersionMatch", "NotOlderThan");
  }
  StreamLimits limits;
  limits.idle = kWatchSilence;
  return stream("watch", resource.plural, {.target = object_path(resource, ns) + query.text()},
                limits, sink, stop);
}

ApiResult<void> Client::read_log(std::string_view ns, std::string_view pod,
                                 const LogOptions& options, Sink& sink, std::stop_token stop) {
  Query query;
  query.add("container", options.container)
      .add("follow", options.follow ? "true" : "")
      .add("tailLines", options.tail_lines ? std::to_string(*options.tail_lines) : "");
  StreamLimits limits;
  limits.idle = kLogSilence;
  // What the API server says instead of a log is JSON all the same.
  return stream(
      "get", "pods/log",
      {.target = object_path(resources::kPods, ns, pod, "log") + query.text(), .accept = "*/*"},
      limits, sink, stop);
}

ApiResult<void> Client::stream(std::string_view verb, std::string_view resource, Request request,
                               StreamLimits limits, Sink& sink, const std::stop_token& stop) {
  const EitherStop either(options_.stop, stop);

  bool token_renewed = false;
  while (true) {
    if (tokens_ != nullptr) request.bearer_token = tokens_->token();
    const Instant began = options_.now();
    const auto answer = transport_.stream(request, sink, limits, either.token());
    observe(verb, resource, answer ? answer->status : 0, began);
    if (!answer) return tl::unexpected(error_of(request, answer.error()));
    if (answer->status >= 200 && answer->status < 300) return {};
    if (answer->status != 401 || token_renewed || request.bearer_token.empty()) {
      return tl::unexpected(error_of(request, *answer));
    }
    tokens_->rejected(request.bearer_token);
    token_renewed = true;
  }
}

}  // namespace bootstrap::kube
