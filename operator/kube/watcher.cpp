#include "operator/kube/watcher.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace bootstrap::kube {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kStreamsBeforeList = 2;
constexpr std::string_view kTooLargeVersion = "Too large resource version";

const json& at(const json& object, std::initializer_list<const char*> path) {
  static const json kAbsent;
  const json* value = &object;
  for (const char* key : path) {
    if (!value->is_object()) return kAbsent;
    const auto found = value->find(key);
    if (found == value->end()) return kAbsent;
    value = &*found;
  }
  return *value;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint64_t version_of(const json& object) {
  return parse_resource_version(text_of(at(object, {"metadata", "resourceVersion"}))).value_or(0);
}

// The server does not know sendInitialEvents, or not for this resource.
bool refuses_streams(const ApiError& error) {
  return error.kind == ApiError::Kind::Invalid || error.code == 405 || error.code == 406 ||
         error.code == 415;
}

// Our version is gone, or (a cluster restored from a backup) has not been reached yet.
bool needs_new_list(const ApiError& error) {
  return error.kind == ApiError::Kind::Expired || error.code == 410 ||
         error.message.find(kTooLargeVersion) != std::string::npos;
}

// Of a request that was answered, but not with what was asked for.
Watcher::Restart failure(const ApiError& error) {
  switch (error.kind) {
    case ApiError::Kind::TooManyRequests:
      return Watcher::Restart::Throttled;
    case ApiError::Kind::Forbidden:
      return Watcher::Restart::Forbidden;
    case ApiError::Kind::NotFound:
      return Watcher::Restart::NotFound;
    default:
      return Watcher::Restart::Failed;
  }
}

}  // namespace

Watcher::Watcher(Options options)
    : options_(std::move(options)),
      event_fields_(options_.fields.below("object").with(
          {"type", "object.metadata.resourceVersion", "object.metadata.name",
           "object.metadata.namespace", R"(object.metadata.annotations.k8s\.io/initial-events-end)",
           "object.code", "object.reason", "object.message", "object.details.retryAfterSeconds"})),
      page_fields_(options_.fields.below("items").with(
          {"metadata.resourceVersion", "metadata.continue", "items.metadata.resourceVersion",
           "items.metadata.name", "items.metadata.namespace"})),
      lines_(options_.max_line) {}

Watcher::Next Watcher::next(double random) {
  if (pause_due_) return take_pause(random);
  if (state_ == State::Empty) {
    begun_ = false;
    if (options_.stream_lists && failed_streams_ < kStreamsBeforeList) {
      state_ = State::Streaming;
    } else {
      state_ = State::Paging;
      continue_token_.clear();
      list_version_ = 0;
    }
  }
  if (state_ == State::Paging) {
    return GetPage{{.label_selector = options_.label_selector,
                    .field_selector = options_.field_selector,
                    .limit = options_.page_size,
                    .continue_token = continue_token_,
                    .resource_version = {}}};
  }
  if (state_ == State::Listed) state_ = State::Watching;
  lines_.clear();
  events_ = 0;
  bytes_seen_ = false;
  in_stream_.reset();
  corrupt_.clear();
  const bool initial = state_ == State::Streaming;
  return OpenWatch{{.label_selector = options_.label_selector,
                    .field_selector = options_.field_selector,
                    .resource_version = initial ? "" : std::to_string(version_),
                    .send_initial_events = initial,
                    .timeout = options_.watch_timeout}};
}

Watcher::Pause Watcher::take_pause(double random) {
  pause_due_ = false;
  milliseconds doubled = options_.first_pause;
  for (int i = 0; i < pauses_ && doubled < options_.longest_pause; ++i) doubled *= 2;
  ++pauses_;
  // Spread also when the longest is reached, or all operators would come back at once.
  const milliseconds upper = std::min(doubled * 2, options_.longest_pause);
  const milliseconds lower = std::min(doubled, std::max(upper / 2, options_.first_pause));
  const auto spread = static_cast<double>((upper - lower).count()) * random;
  milliseconds length = lower + milliseconds(static_cast<milliseconds::rep>(spread));
  if (pause_at_least_) length = std::max<milliseconds>(length, *pause_at_least_);
  pause_at_least_.reset();
  return Pause{length};
}

Watcher::Output Watcher::on_bytes(std::string_view bytes) {
  Output out;
  bytes_seen_ = bytes_seen_ || !bytes.empty();
  const bool fits = lines_.feed(bytes, [&](std::string_view line) {
    on_line(line, out);
    return out.go_on;
  });
  if (!fits && out.go_on) give_up("a line is too long", out);
  return out;
}

void Watcher::on_line(std::string_view line, Output& out) {
  auto event = parse_kept(line, event_fields_);
  if (!event) return give_up("a watch event cannot be read: " + event.error(), out);
  const std::string type = text_of(at(*event, {"type"}));
  if (!at(*event, {"object"}).is_object()) return give_up("a watch event has no object", out);
  json& object = (*event)["object"];
  if (type == "ERROR") {
    in_stream_ = error_from_status(200, object.dump());
    out.go_on = false;
    return;
  }
  const std::uint64_t version = version_of(object);
  if (state_ == State::Streaming) begin(out);
  if (type == "BOOKMARK") return on_bookmark(object, version, out);
  if (type == "ADDED" || type == "MODIFIED")
    out.ops.emplace_back(ops::Apply{std::move(object)});
  else if (type == "DELETED")
    out.ops.emplace_back(ops::Delete{std::move(object)});
  else
    return;  // a type of a later API version
  ++events_;
  if (state_ == State::Watching) progressed(version);
}

void Watcher::on_bookmark(const json& object, std::uint64_t version, Output& out) {
  if (version == 0) return;
  if (state_ == State::Watching) {
    progressed(version);
    out.ops.emplace_back(ops::Bookmark{version});
    return;
  }
  const json& end = at(object, {"metadata", "annotations", "k8s.io/initial-events-end"});
  if (text_of(end) == "true") complete(version, State::Watching, out);
}

Watcher::Output Watcher::on_watch_ended(milliseconds lived, const std::optional<ApiError>& error) {
  const std::optional<ApiError> why = in_stream_ ? std::exchange(in_stream_, {}) : error;
  lines_.clear();
  Output out;
  if (why) out.message = why->message;
  if (!corrupt_.empty()) {
    out.restart = Restart::Corrupt;
    out.message = std::exchange(corrupt_, {});
    if (state_ == State::Streaming) ++failed_streams_;
    start_over(true);
  } else if (state_ == State::Streaming) {
    out.restart = initial_stream_ended(why);
  } else {
    out.restart = running_watch_ended(lived, why);
  }
  return out;
}

Watcher::Restart Watcher::initial_stream_ended(const std::optional<ApiError>& error) {
  if (error && error->kind == ApiError::Kind::Cancelled) {
    start_over(false);
    return Restart::None;
  }
  if (error && refuses_streams(*error)) {  // transition 2
    options_.stream_lists = false;
    start_over(false);
    return Restart::Refused;
  }
  // A clean end without the bookmark is a server that does not know it: no use to ask again.
  failed_streams_ = error ? failed_streams_ + 1 : kStreamsBeforeList;
  start_over(true, error ? error->retry_after : std::nullopt);
  if (!error) return Restart::Ended;
  return needs_new_list(*error) ? Restart::Expired : failure(*error);
}

Watcher::Restart Watcher::running_watch_ended(milliseconds lived,
                                              const std::optional<ApiError>& error) {
  state_ = State::Listed;
  const bool did_something = events_ > 0 || lived >= options_.short_watch;
  if (!error) {
    if (!did_something) pause();
    return did_something ? Restart::Ended : Restart::Short;
  }
  if (error->kind == ApiError::Kind::Cancelled) return Restart::None;
  if (needs_new_list(*error)) {
    start_over(!progressed_);
    return Restart::Expired;
  }
  if (error->kind == ApiError::Kind::NoAnswer && bytes_seen_ && did_something)
    return Restart::Broken;  // it had lived: on at once
  pause(error->retry_after);
  return failure(*error);
}

Watcher::Output Watcher::on_page(std::string_view text) {
  Output out;
  auto page = parse_kept(text, page_fields_);
  const std::uint64_t version = page ? version_of(*page) : 0;
  if (version == 0) {
    out.restart = Restart::Corrupt;
    out.message = page ? "a list has no resourceVersion" : "a list cannot be read: " + page.error();
    failed_streams_ = 0;
    start_over(true);
    return out;
  }
  if (list_version_ == 0) list_version_ = version;
  begin(out);
  if (const auto items = page->find("items"); items != page->end() && items->is_array()) {
    out.ops.reserve(items->size() + 2);
    for (json& item : *items) out.ops.emplace_back(ops::Apply{std::move(item)});
  }
  continue_token_ = text_of(at(*page, {"metadata", "continue"}));
  if (continue_token_.empty()) complete(list_version_, State::Listed, out);
  return out;
}

Watcher::Output Watcher::on_page_failed(const ApiError& error) {
  Output out;
  out.message = error.message;
  if (error.kind == ApiError::Kind::Cancelled) {
    start_over(false);
    return out;
  }
  if (error.kind == ApiError::Kind::TooManyRequests) {  // the same page again
    out.restart = Restart::Throttled;
    pause(error.retry_after);
    return out;
  }
  out.restart = needs_new_list(error) ? Restart::Expired : failure(error);
  failed_streams_ = 0;  // streams and lists take turns until one succeeds
  start_over(true, error.retry_after);
  return out;
}

void Watcher::begin(Output& out) {
  if (std::exchange(begun_, true)) return;
  out.ops.emplace_back(ops::Begin{});
}

void Watcher::complete(std::uint64_t version, State then, Output& out) {
  out.ops.emplace_back(ops::Complete{version});
  version_ = version;
  state_ = then;
  failed_streams_ = 0;
  progressed_ = false;
}

void Watcher::progressed(std::uint64_t version) {
  version_ = std::max(version_, version);
  progressed_ = true;
  pauses_ = 0;
}

void Watcher::give_up(std::string why, Output& out) {
  corrupt_ = std::move(why);
  out.go_on = false;
}

void Watcher::start_over(bool with_pause, std::optional<seconds> at_least) {
  state_ = State::Empty;
  if (with_pause) pause(at_least);
}

void Watcher::pause(std::optional<seconds> at_least) {
  pause_due_ = true;
  if (at_least) pause_at_least_ = std::min(*at_least, kLongestRetryAfter);
}

std::string_view to_text(Watcher::Restart reason) {
  switch (reason) {
    case Watcher::Restart::None:
      return "none";
    case Watcher::Restart::Ended:
      return "ended";
    case Watcher::Restart::Broken:
      return "broken";
    case Watcher::Restart::Short:
      return "short";
    case Watcher::Restart::Expired:
      return "expired";
    case Watcher::Restart::Throttled:
      return "throttled";
    case Watcher::Restart::Refused:
      return "refused";
    case Watcher::Restart::Forbidden:
      return "forbidden";
    case Watcher::Restart::NotFound:
      return "not-found";
    case Watcher::Restart::Failed:
      return "failed";
    case Watcher::Restart::Corrupt:
      return "corrupt";
  }
  return "unknown";
}

}  // namespace bootstrap::kube
