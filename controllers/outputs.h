#pragma once
// Outputs: what a step gives to the steps after it, as "key=value" lines in the file
// $BOOTSTRAP_OUTPUTS. The kubelet hands the file over as the message of the ended container.
//
//   read_outputs("cluster=east-1\nurl=https://…\n")   → {cluster: east-1, url: https://…}
//
// Pure functions. Errors: values, with the reason a step then has.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "controllers/names.h"

namespace bootstrap {

using Outputs = std::map<std::string, std::string>;

struct BadOutputs {
  const char* reason;  // one of reasons
  std::string message;
};

// Bytes that they take of limits::kOutputs, '=' and the line's end included: of each character as
// many as it has in a status, where a quote or a backslash has two.
std::size_t stored_size(const Outputs&);

// The outputs of a step that ended with exit code 0. Blank lines are nothing; of a key that is
// there more than once the last value counts. Bad: longer than limits::kOutputs, here or in a
// status, or more than limits::kOutputKeys, or a line that is no "key=value".
tl::expected<Outputs, BadOutputs> read_outputs(std::string_view message);

// Whether the message of a container that failed is what it had written to $BOOTSTRAP_OUTPUTS and
// not the end of its log, which the kubelet takes only when the file is empty. A guess, in favour
// of the log: lines such as "level=error msg=refused" are one.
bool look_like_outputs(std::string_view message);

// A letter, then letters, digits, '-' and '_'; at most 63 characters.
bool is_output_key(std::string_view);

struct OutputRef {
  StepRef step;
  std::string key;
  auto operator<=>(const OutputRef&) const = default;
};

// Whether a reference is one to an output, well written or not.
bool means_output(std::string_view reference);

// "cluster.create.url" → {cluster/create, url}: as `when` names an output. Empty: not written like
// that.
std::optional<OutputRef> output_path(std::string_view path);
std::string to_path(const OutputRef&);

// "steps.cluster.create.outputs.url" → {cluster/create, url}. Empty: not written like that.
std::optional<OutputRef> output_reference(std::string_view reference);

}  // namespace bootstrap
