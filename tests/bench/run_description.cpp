#include "tests/bench/run_description.h"

#include <nlohmann/json.hpp>

namespace bootstrap::bench {

using nlohmann::json;

std::string to_text(const RunDescription& run) {
  json batches = json::array();
  for (const Batch& b : run.batches)
    batches.push_back({{"kind", b.kind},
                       {"engine", b.engine},
                       {"user", b.user},
                       {"resource", b.resource},
                       {"namespace", b.ns},
                       {"workflows", b.workflows},
                       {"cpuSeconds", b.cpu_seconds}});
  json starts = json::array();
  for (const IdleStart& s : run.idle_starts)
    starts.push_back({{"rssKiB", s.rss_kib},
                      {"anonymousKiB", s.anonymous_kib},
                      {"fileKiB", s.file_kib},
                      {"cpuSeconds", s.cpu_seconds},
                      {"from", s.from},
                      {"to", s.to}});
  return json{{"steps", run.steps}, {"batches", batches}, {"idleStarts", starts}}.dump(1);
}

tl::expected<RunDescription, std::string> run_description_from(std::string_view text) {
  try {
    const json all = json::parse(text);
    RunDescription run{.steps = all.at("steps"), .batches = {}, .idle_starts = {}};
    for (const json& b : all.at("batches"))
      run.batches.push_back({b.at("kind"), b.at("engine"), b.at("user"), b.at("resource"),
                             b.at("namespace"), b.at("workflows"), b.at("cpuSeconds")});
    for (const json& s : all.value("idleStarts", json::array()))
      run.idle_starts.push_back({s.at("rssKiB"), s.at("anonymousKiB"), s.at("fileKiB"),
                                 s.at("cpuSeconds"), s.at("from"), s.at("to")});
    return run;
  } catch (const json::exception& e) {
    return tl::make_unexpected(std::string(e.what()));
  }
}

}  // namespace bootstrap::bench
