#include "tests/simulation/scenario.h"

#include <fmt/format.h>

#include "controllers/names.h"
#include "tests/simulation/outline.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestRun{std::chrono::hours(48)};
constexpr const char* kLock = "shared";

// The same for the same text on every machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

Scenario::Scenario(std::uint64_t seed, People people)
    : seed_(seed),
      random_(seed * 7919 + 1),
      commands_(seed * 104729 + 5),
      locks_(seed * 31337 + 3) {
  spec_ = random_spec();
  const bool has_lock = locks_.chance(0.25);
  if (has_lock) spec_["lock"] = kLock;
  if (locks_.chance(0.3)) spec_["jobRetention"] = "10m";
  jobs_are_deleted_ = random_.chance(0.3);
  world_ = std::make_unique<World>(random_settings(seed),
                                   [this](const AttemptName& name) { return fate_of(name); });
  plan_quota();
  plan_account();
  plan_widgets();
  plan_template();
  plan_answers();
  world_->create_workflow(kName, spec_);
  plan_people();
  if (random_.chance(0.3)) plan_other();
  if (people == People::Steer) plan_commands();
  if (has_lock) plan_rival();
}

bool Scenario::run() {
  const bool ended = world_->run_to_the_end(kLongestRun, [this] { return commands_left_ == 0; });
  world_->scheduler().run_for(1h);  // late requests, garbage, whatever still comes
  if (ended) world_->judge_locks();
  return ended;
}

// Steps that are tried again are those that need it.
bool Scenario::is_flaky(const AttemptName& name) const {
  for (const char* list : {"phases", "finally"})
    for (const auto& phase : spec_.value(list, Json::array()))
      for (const auto& step : phase["steps"])
        if (phase["name"] == name.phase && step["name"] == name.step) return step.contains("retry");
  return false;
}

Fate Scenario::fate_of(const AttemptName& name) const {
  Random random(hash_of(fmt::format("{} {}", seed_, to_text(name))));
  Fate fate;
  fate.runs = random.chance(0.1) ? random.between(1min, 10min) : random.between(20ms, 20s);
  fate.starts = random.chance(0.1) ? random.between(10s, 4min) : random.between(100ms, 2s);
  fate.one_report = random.chance(0.1);
  fate.exit_code_on_term = random.chance(0.2) ? 0 : random.chance(0.3) ? 137 : 143;
  fate.strikes = random.between(0ms, 15s);
  fate.returns = random.between(1min, 30min);
  fate.node_returns = random.chance(0.7);
  const bool flaky = is_flaky(name);
  if (random.chance(flaky ? 0.3 : 0.04)) fate.exit_code = random.between(1, flaky ? 10 : 200);
  using Kind = Fate::Kind;
  constexpr Kind kRare[] = {Kind::NeverPulls, Kind::Evicted,    Kind::Starved,
                            Kind::PodDeleted, Kind::JobDeleted, Kind::NodeLost};
  if (random.chance(flaky ? 0.2 : 0.08)) fate.kind = kRare[random.below(std::size(kRare))];
  fate.clone_fails = random.chance(flaky ? 0.1 : 0.02);
  using Gift = Fate::Gift;
  constexpr Gift kOther[] = {Gift::TooLarge, Gift::Cut, Gift::Malformed, Gift::Nothing};
  if (random.chance(flaky ? 0.15 : 0.06)) fate.gift = kOther[random.below(std::size(kOther))];
  if (fate.kind == Kind::JobDeleted && !jobs_are_deleted_) fate.kind = Kind::Exits;
  return fate;
}

WorldSettings Scenario::random_settings(std::uint64_t seed) {
  WorldSettings settings{.seed = seed};
  if (random_.chance(0.7)) settings.faults = FaultRates::bad_day();
  if (jobs_are_deleted_) settings.faults.late_request = 0;
  if (random_.chance(0.6)) settings.weather = Weather::rough();
  settings.watch.initial_events = random_.chance(0.8);
  settings.watch.slow_chance = random_.chance(0.3) ? 0.2 : 0.02;
  settings.lag.slow_chance = random_.chance(0.3) ? 0.2 : 0.02;
  if (random_.chance(0.3)) settings.down_most = 10min;
  return settings;
}

// --- people and policies ---

void Scenario::plan_people() {
  Scheduler& scheduler = world_->scheduler();
  if (random_.chance(0.5)) meddle();
  if (random_.chance(0.15)) scheduler.after(random_.between(100ms, 40s), [this] { recreate(); });
  // An old leader that does not know yet.
  if (!jobs_are_deleted_ && random_.chance(0.2))
    scheduler.after(random_.between(0ms, 30s), [this] { world_->start_operator(); });
}

void Scenario::plan_other() {
  world_->scheduler().after(random_.between(0ms, 2min), [this, spec = other_spec()] {
    world_->create_workflow("other", spec);
  });
}

// Small ones that want the same lock; of one people think better.
void Scenario::plan_rival() {
  const auto phase = [](const char* name) {
    return Json{{"name", name}, {"steps", {{{"name", "s"}, {"command", {"true"}}}}}};
  };
  const Json spec{
      {"tools", {{"image", "tools:1"}}}, {"lock", kLock}, {"phases", {phase("r0"), phase("r1")}}};
  Scheduler& scheduler = world_->scheduler();
  for (const char* name : {"rival", "second-rival"}) {
    const Duration at = locks_.between(0ms, 2min);
    scheduler.after(at, [this, spec, name] { world_->create_workflow(name, spec); });
    if (locks_.chance(0.3))
      scheduler.after(at + locks_.between(0ms, 1min),
                      [this, name] { world_->delete_workflow(name); });
  }
}

// Labels and a later definition: both make versions the operator has not decided on.
void Scenario::meddle() {
  world_->scheduler().after(random_.between(1s, 40s), [this] {
    Json patch;
    if (random_.chance(0.5))
      patch["metadata"]["labels"]["touched"] = random_.name_suffix(5);
    else
      patch["spec"]["notes"]["success"] = random_.name_suffix(5);
    world_->patch_workflow(kName, patch);
    if (random_.chance(0.8)) meddle();
  });
}

// A workflow that is deleted and created again under its name, at once or later.
void Scenario::recreate() {
  world_->delete_workflow(kName);
  const Duration gap = random_.chance(0.5) ? Duration(0) : random_.between(0ms, 40s);
  world_->scheduler().after(gap, [this, again = random_.chance(0.7)] {
    Json spec = spec_;
    if (again && !answers_.empty()) spec["answers"] = answers_;
    world_->create_workflow(kName, spec);
  });
}

// What people are asked they answer: late or before they are asked, wrongly at first, and what they
// gave they take out again. Some never do.
void Scenario::plan_answers() {
  Scheduler& scheduler = world_->scheduler();
  for (const char* list : {"phases", "finally"})
    for (const Json& phase : spec_.value(list, Json::array()))
      for (const Json& step : phase["steps"]) {
        if (!step.contains("ask") || random_.chance(0.1)) continue;
        const std::string name = step["ask"]["parameters"][0]["name"];
        Duration at = random_.between(0ms, random_.chance(0.2) ? 25min : 4min);
        if (random_.chance(0.3)) {
          scheduler.after(at, [this, name] { answer(name, "maybe"); });
          at += random_.between(10ms, 3min);
          if (random_.chance(0.3)) scheduler.after(at, [this, name] { answer(name, ""); });
          at += random_.between(10ms, 1min);
        }
        scheduler.after(at, [this, name] { answer(name, "yes"); });
        if (!random_.chance(0.4)) continue;
        at += random_.between(10ms, 2min);
        scheduler.after(
            at, [this, name, other = random_.chance(0.5) ? "no" : ""] { answer(name, other); });
      }
}

// Empty: takes it out.
void Scenario::answer(const std::string& name, const std::string& value) {
  std::erase_if(answers_, [&](const Json& answer) { return answer["name"] == name; });
  if (!value.empty()) answers_.push_back({{"name", name}, {"value", value}});
  world_->patch_workflow(kName, {{"spec", {{"answers", answers_}}}});
}

// Quota: Jobs or pods are refused for a while.
void Scenario::plan_quota() {
  if (!random_.chance(0.2)) return;
  const std::string plural = random_.chance(0.5) ? "jobs" : "pods";
  const TimePoint until = world_->scheduler().clock().now() + random_.between(1s, 5min);
  world_->server().verbs().admission = [this, plural, until](
                                           const ResourceType& type,
                                           const Json& object) -> std::optional<ApiStatus> {
    if (type.plural != plural || world_->scheduler().clock().now() >= until) return std::nullopt;
    return refusals::forbidden(type, text_at(object, "/metadata/name"),
                               "exceeded quota: small, requested: count=1, used: count=9");
  };
}

// The ServiceAccount the steps run as comes later, and is allowed later still.
void Scenario::plan_account() {
  if (!spec_["tools"].contains("serviceAccountName")) return;
  Scheduler& scheduler = world_->scheduler();
  const Duration first = random_.between(0ms, 2min);
  const ResourceType& type = *world_->server().store().type("", "v1", "serviceaccounts");
  scheduler.after(first, [this, &type] {
    world_->server().verbs().create(
        type, "ns",
        {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", {{"name", "bootstrap"}}}});
  });
  scheduler.after(first + random_.between(0ms, 1min), [this, &type] {
    Json patch;
    patch["metadata"]["labels"][labels::kAllowWorkflows] = "true";
    world_->server().verbs().patch(type, {"ns", "bootstrap"}, patch, Verbs::Part::Main);
  });
}

// What steps run as workflows of their own: of two phases, the second tried again when it fails. It
// comes at once or later.
void Scenario::plan_template() {
  const auto phase = [](const char* name, Json step) {
    return Json{{"name", name}, {"steps", Json::array({std::move(step)})}};
  };
  const Json spec{
      {"parameters", {{{"name", "who"}, {"required", true}}}},
      {"tools", {{"image", "tools:1"}}},
      {"phases",
       {phase("c0", {{"name", "one"}, {"command", {"true"}}}),
        phase("c1", {{"name", "two"}, {"command", {"true"}}, {"retry", {{"delay", "2s"}}}})}}};
  const Duration at = random_.chance(0.5) ? Duration(0) : random_.between(0ms, 1min);
  world_->scheduler().after(at, [this, spec] {
    const ResourceType& type = *world_->server().store().type("bootstrap.openshift.io", "v1alpha1",
                                                              "bootstrapworkflowtemplates");
    world_->server().verbs().create(type, "ns",
                                    {{"apiVersion", "bootstrap.openshift.io/v1alpha1"},
                                     {"kind", "BootstrapWorkflowTemplate"},
                                     {"metadata", {{"name", kTemplate}}},
                                     {"spec", spec}});
  });
}

// What steps wait for: a kind that comes, objects of it that come, are not ready and then are; or
// are again gone, or never come.
void Scenario::plan_widgets() {
  Scheduler& scheduler = world_->scheduler();
  ObjectStore& store = world_->server().store();
  const Duration kind = random_.between(0ms, 1min);
  scheduler.after(kind, [&store] {
    store.add_type({.group = "example.com",
                    .version = "v1",
                    .plural = "widgets",
                    .kind = "Widget",
                    .status_subresource = true,
                    .generation = true,
                    .custom = true});
  });
  if (random_.chance(0.7)) {
    const Duration comes = kind + random_.between(1ms, 1min);
    plan_widget("seen", comes);
    if (random_.chance(0.5)) remove_widget("seen", comes + random_.between(1ms, 2min));
  }
  for (const char* list : {"phases", "finally"})
    for (const Json& phase : spec_.value(list, Json::array()))
      for (const Json& step : phase["steps"])
        if (step.contains("waitFor") && !random_.chance(0.1))
          plan_widget(with_tag(step["waitFor"]["resource"]["name"]),
                      kind + random_.between(1ms, 2min));
}

void Scenario::remove_widget(const std::string& name, Duration at) {
  world_->scheduler().after(at, [this, name] {
    const auto* type = world_->server().store().type("example.com", "v1", "widgets");
    world_->server().verbs().remove(*type, {"ns", name}, {});
  });
}

void Scenario::plan_widget(const std::string& name, Duration at) {
  Scheduler& scheduler = world_->scheduler();
  const auto type = [this] {
    return world_->server().store().type("example.com", "v1", "widgets");
  };
  scheduler.after(at, [this, type, name] {
    world_->server().verbs().create(
        *type(), "ns",
        {{"apiVersion", "example.com/v1"}, {"kind", "Widget"}, {"metadata", {{"name", name}}}});
  });
  const int changes = random_.between(1, 6);
  for (int i = 0; i < changes; ++i) {
    at += random_.between(10ms, 1min);
    const char* status = i + 1 == changes ? "True" : random_.chance(0.5) ? "False" : "Unknown";
    scheduler.after(at, [this, type, name, status] {
      const Json conditions = {{{"type", "Ready"}, {"status", status}}};
      world_->server().verbs().patch(
          *type(), {"ns", name}, {{"status", {{"conditions", conditions}}}}, Verbs::Part::Status);
    });
  }
}

}  // namespace bootstrap::simulation
