#include "tests/simulation/watched_world.h"

#include <stdexcept>

namespace bootstrap::simulation {

using namespace std::chrono_literals;
using namespace nlohmann::literals;

WatchedWorld::WatchedWorld()
    : world_({.lag = {.most = Duration(20), .slow_chance = 0}, .watch = {.slow_chance = 0}},
             [this](const AttemptName& name) { return fate(name); }) {
  world_.load_node(30);
  world_.server().store().subscribe([this](const Change& change) { note(change); });
}

void WatchedWorld::run(const std::string& name, const Json& spec) {
  world_.create_workflow(name, spec);
  if (!world_.run_to_the_end(24h) || !world_.violations().empty())
    throw std::runtime_error(world_.story());
}

Fate WatchedWorld::fate(const AttemptName& name) {
  auto& all = fates[name.step];
  if (all.empty()) return Fate{};
  const Fate next = all.front();
  if (all.size() > 1) all.pop_front();
  return next;
}

void WatchedWorld::note(const Change& change) {
  if (change.kind == ChangeKind::Deleted) return;
  if (change.type->plural == "bootstrapworkflows")
    moments_.push_back({change.at, *change.object, {}});
  else if (change.type->plural == "events" && !moments_.empty())
    moments_.back().events.push_back(*change.object);
}

void run_fleet(WatchedWorld& watched) {
  watched.fates["east"] = {Fate{.exit_code = 3, .runs = 4min}, Fate{.runs = 9min}};
  watched.fates["west"] = {Fate{.runs = 10min}};
  watched.fates["docs"] = {Fate{.runs = 30s}};
  watched.run("fleet", R"({
    "tools": {"image": "tools:1"},
    "phases": [
      {"name": "clusters", "parallel": true, "steps": [
        {"name": "east", "command": ["true"], "estimate": "8m", "retry": {"delay": "30s"}},
        {"name": "west", "command": ["true"], "estimate": "8m"}]},
      {"name": "after", "steps": [{"name": "docs", "command": ["true"], "estimate": "1m"}]}
    ]})"_json);
}

}  // namespace bootstrap::simulation
