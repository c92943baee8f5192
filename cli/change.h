#pragma once
// Changes of a workflow's spec: what a command wants is computed from the object as it is, and is
// written only if that is still so; else it is read and computed again. So nobody's entry in a list
// is lost when two people write at once, and nothing that the command does not mean is touched:
// manifests from Git that have none of these fields stay in force.
//
// Server-side apply would not do: what one manager applies anew without an entry of its own it
// takes out, so that each person needed a manager, and each of them all of their entries.

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/cluster.h"
#include "cli/output.h"

namespace bootstrap::cli {

struct Change {
  nlohmann::json spec;  // RFC 7386, on the spec; empty: all is as it was asked for
  std::string message;  // what comes of it, for people
};

// Called again whenever somebody else was faster. May read other objects.
using Deciding = std::function<Result<Change>(const SeenWorkflow&)>;

Result<Change> change_workflow(Cluster&, const std::string& name, const Deciding&);

// "full-setup: message", or {name, namespace, changed, spec, message}.
std::string change_text(const std::string& ns, const std::string& name, const Change&, Format);

// A whole command that changes one workflow.
struct ChangeOptions {
  ClusterOptions cluster;
  std::string name;
  std::string format = "text";
};
// NAME and the options of ChangeOptions.
void add_change_options(CLI::App&, ChangeOptions&);
Exit run_change(const ChangeOptions&, const Streams&,
                const std::function<Deciding(Cluster&)>& deciding);
// One that takes nothing but that.
CLI::App* add_change(CLI::App&, Run&, const char* command, const char* about, const Deciding&);

}  // namespace bootstrap::cli
