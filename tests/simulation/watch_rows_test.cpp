// What people see: the rows that `kubectl get bwf -w` prints over a whole run, one for each write
// of the status, with the columns of the CRD. The clock is the simulation's, so each row is known
// to the second.
//
//   UPDATE_GOLDEN=1 simulation_operator --gtest_filter='WatchRows.*'
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "tests/golden_text.h"
#include "tests/simulation/watched_world.h"

namespace bootstrap::simulation {
namespace {

using namespace std::chrono_literals;

struct Column {
  std::string name;
  nlohmann::json::json_pointer at;
  bool is_date = false;
};

// Those that are shown without -o wide.
std::vector<Column> columns_of_crd() {
  const YAML::Node crd =
      YAML::LoadFile(SOURCE_DIR "/crds/bootstrap.openshift.io_bootstrapworkflows.yaml");
  std::vector<Column> columns;
  for (const YAML::Node& one : crd["spec"]["versions"][0]["additionalPrinterColumns"]) {
    if (one["priority"] && one["priority"].as<int>() > 0) continue;
    auto path = one["jsonPath"].as<std::string>();
    std::replace(path.begin(), path.end(), '.', '/');
    columns.push_back({one["name"].as<std::string>(), nlohmann::json::json_pointer(path),
                       one["type"].as<std::string>() == "date"});
  }
  return columns;
}

// As kubectl shows ages.
std::string age(Duration d) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  const auto minutes = seconds / 60;
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (minutes < 10)
    return seconds % 60 == 0 ? fmt::format("{}m", minutes)
                             : fmt::format("{}m{}s", minutes, seconds % 60);
  if (minutes < 180) return fmt::format("{}m", minutes);
  return minutes % 60 == 0 ? fmt::format("{}h", minutes / 60)
                           : fmt::format("{}h{}m", minutes / 60, minutes % 60);
}

class WatchRows : public ::testing::Test {
 protected:
  void expect(const std::string& golden) {
    for (const WatchedWorld::Moment& moment : watched_.moments()) print(moment.workflow, moment.at);
    testing::expect_golden_text(SOURCE_DIR "/tests/simulation/golden/" + golden + ".txt", rows());
  }

  WatchedWorld watched_;

 private:
  void print(const Json& object, TimePoint now) {
    std::vector<std::string> row{object["metadata"]["name"]};
    for (const Column& column : columns_) row.push_back(cell(object, column, now));
    if (rows_.empty() || rows_.back() != row) rows_.push_back(std::move(row));
  }

  static std::string cell(const Json& object, const Column& column, TimePoint now) {
    if (!object.contains(column.at)) return "";
    const std::string text = object.at(column.at);
    return column.is_date ? age(now - *from_rfc3339(text)) : text;
  }

  std::string rows() const {
    std::vector<std::vector<std::string>> all{{"NAME"}};
    for (const Column& column : columns_) {
      std::string name = column.name;
      for (char& c : name) c = static_cast<char>(std::toupper(c));
      all[0].push_back(name);
    }
    all.insert(all.end(), rows_.begin(), rows_.end());
    std::vector<std::size_t> widths(all[0].size());
    for (const auto& row : all)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : all) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        line += fmt::format("{:<{}}", row[i], widths[i] + 3);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

  const std::vector<Column> columns_ = columns_of_crd();
  std::vector<std::vector<std::string>> rows_;
};

Json sample(const std::string& name) {
  // The simulated API server has no ConfigMaps; of the tools only their image matters here.
  const YAML::Node workflow = YAML::LoadFile(SOURCE_DIR "/deploy/samples/" + name);
  Json phases = Json::array();
  for (const YAML::Node& phase : workflow["spec"]["phases"]) {
    Json steps = Json::array();
    for (const YAML::Node& step : phase["steps"])
      steps.push_back({{"name", step["name"].as<std::string>()}, {"command", {"true"}}});
    phases.push_back({{"name", phase["name"].as<std::string>()}, {"steps", std::move(steps)}});
  }
  return {{"tools", {{"image", "tools:1"}}}, {"phases", std::move(phases)}};
}

TEST_F(WatchRows, OfTheFullSetUpAndOfTheNextOneWhichKnowsWhatItTook) {
  watched_.fates["bootstrap"] = {Fate{.runs = 11min}, Fate{.runs = 12min}};
  watched_.fates["vault-integration"] = {Fate{.runs = 150s}, Fate{.runs = 140s}};
  watched_.fates["new-cluster"] = {Fate{.runs = 42min}, Fate{.runs = 70min}};
  watched_.fates["health-check"] = {Fate{.runs = 95s}};
  watched_.fates["generate-docs"] = {Fate{.runs = 20s}};
  watched_.fates["update-dynamic-docs"] = {Fate{.runs = 8s}};
  watched_.run("full-setup", sample("fullsetup-workflow.yaml"));
  watched_.run("the-next", sample("fullsetup-workflow.yaml"));
  expect("watch-full-setup");
}

TEST_F(WatchRows, OfParallelStepsARetryAndAnEstimate) {
  run_fleet(watched_);
  expect("watch-parallel");
}

}  // namespace
}  // namespace bootstrap::simulation
