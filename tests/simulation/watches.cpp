#include "tests/simulation/watches.h"

#include <algorithm>
#include <charconv>

namespace bootstrap::simulation {
namespace {

using std::chrono::seconds;

std::string event_line(std::string_view type, const Json& object) {
  // Written by hand so that "type" comes first, as the real server writes it.
  return "{\"type\":\"" + std::string(type) + "\",\"object\":" + object.dump() + "}\n";
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Watches::Watches(ObjectStore& store, Scheduler& scheduler, Random random, WatchSettings settings)
    : store_(store), scheduler_(scheduler), random_(random), settings_(settings) {
  store_.subscribe([this](const Change& change) { on_change(change); });
}

Answer<Watches::Handle> Watches::open(const ResourceType& type, const RequestTarget& target,
                                      std::function<void()> on_ready) {
  auto labels = parse_label_selector(target.parameter("labelSelector"));
  auto fields = parse_field_selector(target.parameter("fieldSelector"));
  if (!labels || !fields) return tl::unexpected(refusals::bad_request("unable to parse selector"));
  if (target.query.contains("sendInitialEvents") &&
      (!settings_.initial_events || target.parameter("resourceVersionMatch") != "NotOlderThan"))
    return tl::unexpected(refusals::invalid(
        type, "",
        settings_.initial_events
            ? "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
              "resourceVersionMatch to NotOlderThan"
            : "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the "
              "WatchList feature gate is enabled"));
  const auto from = starting_version(target);
  if (!from) return tl::unexpected(from.error());

  const Handle handle = ++last_handle_;
  Stream& stream = streams_[handle];
  stream.type = &type;
  stream.ns = target.ns;
  stream.labels = std::move(*labels);
  stream.fields = std::move(*fields);
  stream.bookmarks = target.flag("allowWatchBookmarks");
  stream.on_ready = std::move(on_ready);
  stream.last_arrival = scheduler_.clock().now();
  if (*from == 0 || target.flag("sendInitialEvents")) {
    send_initial_events(handle, stream, target);
  } else if (*from < store_.compacted()) {
    expire(handle);
    return handle;
  } else {
    for (const Change& change : store_.log(type))
      if (change.version > *from) send_change(handle, stream, change);
  }
  Duration life = settings_.longest;
  if (const auto asked = number(target.parameter("timeoutSeconds")); asked && *asked > 0)
    life = std::min<Duration>(life, seconds(*asked));
  scheduler_.after(life - std::min<Duration>(life, seconds(2)), [this, handle] {
    if (Stream* s = find(handle); s != nullptr && s->bookmarks)
      send_bookmark(handle, false, store_.version());
  });
  scheduler_.after(life, [this, handle] { send(handle, "", true); });
  if (stream.bookmarks) schedule_bookmarks(handle);
  return handle;
}

Answer<std::uint64_t> Watches::starting_version(const RequestTarget& target) const {
  const std::string text = target.parameter("resourceVersion");
  if (text.empty()) return 0;
  const auto version = number(text);
  if (!version)
    return tl::unexpected(
        refusals::bad_request("resourceVersion: Invalid value: \"" + text + "\""));
  return *version;
}

void Watches::send_initial_events(Handle handle, Stream& stream, const RequestTarget& target) {
  for (const Object& object : store_.list(*stream.type, stream.ns))
    if (selects(stream, object)) send(handle, event_line("ADDED", *object));
  if (target.flag("sendInitialEvents")) send_bookmark(handle, true, store_.version());
}

void Watches::on_change(const Change& change) {
  for (auto& [handle, stream] : streams_)
    if (stream.type == change.type && stream.state == State::Open)
      send_change(handle, stream, change);
}

// Seen through the selector: an object that begins to match is added, one that stops is deleted.
void Watches::send_change(Handle handle, Stream& stream, const Change& change) {
  if (!stream.ns.empty() && change.key.ns != stream.ns) return;
  const bool before = change.before && selects(stream, change.before);
  const bool now = change.kind != ChangeKind::Deleted && selects(stream, change.object);
  if (now) return send(handle, event_line(before ? "MODIFIED" : "ADDED", *change.object));
  if (!before) return;
  Json last = *change.before;
  last["metadata"]["resourceVersion"] = std::to_string(change.version);
  send(handle, event_line("DELETED", last));
}

void Watches::send_bookmark(Handle handle, bool end_of_initial_events, std::uint64_t version) {
  Stream* stream = find(handle);
  if (stream == nullptr) return;
  Json object{
      {"kind", stream->type->kind},
      {"apiVersion", stream->type->api_version()},
      {"metadata", {{"resourceVersion", std::to_string(version)}, {"creationTimestamp", nullptr}}}};
  if (end_of_initial_events)
    object["metadata"]["annotations"] = {{"k8s.io/initial-events-end", "true"}};
  send(handle, event_line("BOOKMARK", object));
}

void Watches::schedule_bookmarks(Handle handle) {
  scheduler_.after(settings_.bookmark_interval + random_.between(Duration(0), seconds(5)),
                   [this, handle] {
                     if (find(handle) == nullptr) return;
                     send_bookmark(handle, false, store_.version());
                     schedule_bookmarks(handle);
                   });
}

void Watches::send(Handle handle, std::string text, bool end) {
  Stream* stream = find(handle);
  if (stream == nullptr || stream->muted) return;
  const Duration lag = random_.chance(settings_.slow_chance)
                           ? random_.between(settings_.most_lag, settings_.slow_lag)
                           : random_.between(settings_.least_lag, settings_.most_lag);
  stream->last_arrival = std::max(stream->last_arrival, scheduler_.clock().now() + lag);
  stream->lines.push_back(Line{stream->last_arrival, std::move(text), end});
  scheduler_.at(stream->last_arrival, [this, handle] {
    const Stream* s = find(handle);
    if (s == nullptr || !s->on_ready) return;
    const auto ready = s->on_ready;  // it may close the watch
    ready();
  });
}

std::string Watches::take_available(Handle handle) {
  std::string text;
  Stream* stream = find(handle);
  if (stream == nullptr) return text;
  const TimePoint now = scheduler_.clock().now();
  while (!stream->lines.empty() && stream->lines.front().arrives <= now) {
    const Line line = std::move(stream->lines.front());
    stream->lines.pop_front();
    text += line.text;
    if (!line.end) continue;
    stream->state = State::Ended;
    stream->lines.clear();
  }
  return text;
}

Watches::State Watches::state(Handle handle) const {
  const auto found = streams_.find(handle);
  return found == streams_.end() ? State::Gone : found->second.state;
}

void Watches::close(Handle handle) {
  streams_.erase(handle);
}

void Watches::break_connection(Handle handle) {
  Stream* stream = find(handle);
  if (stream == nullptr) return;
  stream->state = State::Broken;
  stream->lines.clear();
  const auto ready = stream->on_ready;
  if (ready) scheduler_.after(Duration(0), ready);
}

void Watches::expire(Handle handle) {
  Stream* stream = find(handle);
  if (stream == nullptr) return;
  send(handle,
       event_line(
           "ERROR",
           refusals::expired("The resourceVersion for the provided watch is too old.").to_json()));
  send(handle, "", true);
}

void Watches::mute(Handle handle) {
  Stream* stream = find(handle);
  if (stream == nullptr) return;
  stream->muted = true;
  stream->lines.clear();
}

std::vector<Watches::Handle> Watches::open_handles() const {
  std::vector<Handle> handles;
  for (const auto& [handle, stream] : streams_)
    if (stream.state == State::Open) handles.push_back(handle);
  return handles;
}

bool Watches::selects(const Stream& stream, const Object& object) const {
  return matches_labels(stream.labels, *object) && matches_fields(stream.fields, *object);
}

Watches::Stream* Watches::find(Handle handle) {
  const auto found = streams_.find(handle);
  return found == streams_.end() || found->second.state != State::Open ? nullptr : &found->second;
}

}  // namespace bootstrap::simulation
